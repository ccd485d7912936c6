"""How work is shared out: what a machine has, how many workers, two attempts for every item.

It knows neither footage nor faces. It may import what says what a machine has (`models.devices`)
and the settings. Nothing of what workers hold passes through here.
"""
