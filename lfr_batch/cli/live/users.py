"""`lfr user`, once `lfr live-user`: who may log in to the console, and as what."""

from __future__ import annotations

from typing import Annotated

import typer

from lfr_batch.cli.options import ConfigOption, JsonOption, OperatorOption, settings_of
from lfr_batch.cli.output import answer, answer_json, answer_table, say
from lfr_batch.console.users import load_users, make_user, remove_user
from lfr_batch.errors import UsageError
from lfr_batch.live.records import ROLES, Role

live_users_app = typer.Typer(help="Who may log in to the console.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As it will stand in reviews.")]
KNOWN: dict[str, Role] = {role: role for role in ROLES}


@live_users_app.command()
def add(
    name: NameArgument,
    role: Annotated[str, typer.Option("--role", help="operator, reviewer, authoriser or auditor.")],
    operator: OperatorOption = None,
    config: ConfigOption = None,
) -> None:
    """Add a person and print their token, which is shown this once.

    An operator sees alerts and acknowledges them, a reviewer also decides, an auditor sees every
    decision and makes none, an authoriser says what may be
    searched and decides nothing of what is found. A deployment that is running knows them at once.
    """
    if role not in KNOWN:
        raise UsageError(f"there is no role {role!r}: choose {', '.join(ROLES)}")
    place, s3 = settings_of(config).home_and_s3()
    token = make_user(place, name, KNOWN[role], operator, s3)
    say(f"{name} logs in as {role} with this token; hand it over now, it is not kept:")
    answer(token)


@live_users_app.command(name="list")
def list_users(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Everybody who may log in, and their role."""
    people = load_users(*settings_of(config).home_and_s3()).people
    rows = [{"name": user.name, "role": user.role} for user in people]
    if as_json:
        answer_json(rows)
    elif rows:
        answer_table(rows, ["name", "role"])
    else:
        answer("nobody yet: `lfr live` makes an operator and a reviewer for each deployment")


@live_users_app.command()
def remove(
    name: NameArgument, operator: OperatorOption = None, config: ConfigOption = None
) -> None:
    """Take the token from a person; wherever they are logged in, they are logged out."""
    place, s3 = settings_of(config).home_and_s3()
    remove_user(place, name, operator, s3)
    say(f"{name} cannot log in any more, and is logged out of a deployment that is running")
