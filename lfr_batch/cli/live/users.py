"""`lfr live-user`: who may log in to the console of a live deployment."""

from __future__ import annotations

from typing import Annotated

import typer

from lfr_batch.cli.options import JsonOption, OperatorOption
from lfr_batch.cli.output import answer, answer_json, answer_table, say
from lfr_batch.console.users import load_users, make_user, remove_user
from lfr_batch.errors import UsageError
from lfr_batch.front.places import home_folder
from lfr_batch.live.records import ROLES, Role

live_users_app = typer.Typer(help="Who may log in to the console.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As it will stand in reviews.")]
KNOWN: dict[str, Role] = {role: role for role in ROLES}


@live_users_app.command()
def add(
    name: NameArgument,
    role: Annotated[str, typer.Option("--role", help="operator, reviewer, authoriser or auditor.")],
    operator: OperatorOption = None,
) -> None:
    """Add a person and print their token, which is shown this once.

    An operator sees alerts and acknowledges them, a reviewer also decides, an auditor sees every
    decision and makes none. A deployment that is running knows them at once.
    """
    if role not in KNOWN:
        raise UsageError(f"there is no role {role!r}: choose {', '.join(ROLES)}")
    token = make_user(home_folder(), name, KNOWN[role], operator)
    say(f"{name} logs in as {role} with this token; hand it over now, it is not kept:")
    answer(token)


@live_users_app.command(name="list")
def list_users(as_json: JsonOption = False) -> None:
    """Everybody who may log in, and their role."""
    rows = [{"name": user.name, "role": user.role} for user in load_users(home_folder()).people]
    if as_json:
        answer_json(rows)
    elif rows:
        answer_table(rows, ["name", "role"])
    else:
        answer("nobody yet: `lfr live` makes an operator and a reviewer for each deployment")


@live_users_app.command()
def remove(name: NameArgument, operator: OperatorOption = None) -> None:
    """Take the token from a person; wherever they are logged in, they are logged out."""
    remove_user(home_folder(), name, operator)
    say(f"{name} cannot log in any more, and is logged out of a deployment that is running")
