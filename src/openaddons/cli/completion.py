"""``openaddons completion``: the script by which a shell completes commands and options."""

import click
from click.shell_completion import get_completion_class

from openaddons.cli.output import say


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Print the completion script for SHELL. docs/publishing.md says where each shell looks for it."""
    kind = get_completion_class(shell)
    assert kind is not None
    say(kind(context.find_root().command, {}, "openaddons", "_OPENADDONS_COMPLETE").source())
