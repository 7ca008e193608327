"""The command line ``openaddons``: one module for each noun, imported when its command is called.

``COMMANDS`` is the whole table. Help, completion and ``--version`` read the table alone, so they need
neither the server's libraries nor the time to import them.
"""

import gc
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

import click

from openaddons import __version__
from openaddons.errors import Refusal

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# name -> ("module:attribute" of the click command, one line of help)
COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "answer": ("openaddons.cli.deciding:answer", "Answer a reviewer's question."),
        "cancel": ("openaddons.cli.deciding:cancel", "Take a submission back."),
        "certification": (
            "openaddons.cli.certification:certification",
            "Show or choose who approves submissions.",
        ),
        "check-credentials": (
            "openaddons.cli.credentials:check_credentials",
            "Say whether a store accepts the credentials.",
        ),
        "completion": ("openaddons.cli.completion:completion", "Print the shell's completion script."),
        "db": ("openaddons.cli.db:db", "Create, upgrade and look at the store's database."),
        "demo": ("openaddons.cli.demo:demo", "Start a store on this machine with one extension in it."),
        "doctor": ("openaddons.cli.doctor:doctor", "Say why something does not work."),
        "draft": ("openaddons.cli.drafts:draft", "Show and edit the draft of a product."),
        "emulator": (
            "openaddons.cli.emulator:emulator",
            "Run the store for tests: nothing is kept, every failure on demand.",
        ),
        "hold": ("openaddons.cli.deciding:hold", "Keep a submission out of the store for now."),
        "key": ("openaddons.cli.keys:key", "Issue, list and revoke API keys and client secrets."),
        "lint": ("openaddons.cli.lint:lint", "Check packages, as the store does."),
        "pack": ("openaddons.cli.pack:pack", "Pack a folder into a package."),
        "person": ("openaddons.cli.people:person", "Invite, list, reset and disable people."),
        "policy": (
            "openaddons.cli.policy:policy",
            "Make the policy that installs add-ons in managed browsers.",
        ),
        "product": ("openaddons.cli.products:product", "Create, list and show products."),
        "publish": (
            "openaddons.cli.publishing.by_click:publish",
            "Publish a package, or the draft as it is.",
        ),
        "publisher": ("openaddons.cli.publishers:publisher", "Create, list and show publishers."),
        "release": ("openaddons.cli.releases:release", "Offer, roll back and withdraw releases."),
        "ring": ("openaddons.cli.rings:ring", "Create and list rings, which get releases first."),
        "rollback": ("openaddons.cli.deciding:rollback", "Give browsers older content again."),
        "serve": ("openaddons.cli.serve:serve", "Run the store."),
        "status": ("openaddons.cli.operations:status", "Show where a product or an operation stands."),
        "submission": ("openaddons.cli.submissions:submission", "List, show and decide submissions."),
        "upload": ("openaddons.cli.publishing.by_click:upload", "Upload a package; it becomes the draft."),
        "wait": ("openaddons.cli.operations:wait", "Wait for the end of an upload or a publish."),
        "webhook": ("openaddons.cli.webhooks:webhook", "Have URLs told what happens."),
        "worker": ("openaddons.cli.serve:worker", "Run background work for a store on many machines."),
    }
)


class RefusalShown(click.ClickException):
    """A refusal of the store's own code, as the command line prints it; exit code 1."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.message} Run: {refusal.command}" if refusal.command else refusal.message)
        self.code = refusal.code

    def show(self, file: IO[Any] | None = None) -> None:
        """Print ``error: message [code]`` on stderr."""
        click.echo(f"error: {self.message} [{self.code}]", file=file, err=file is None)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, never to list them.

    ``commands_table`` maps a name to ``("module:attribute", "one line of help")``.
    """

    def __init__(
        self, *args: Any, commands_table: Mapping[str, tuple[str, str]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.commands_table = commands_table or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, sorted."""
        return sorted({*self.commands_table, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now.

        A library that is not installed becomes one sentence that names the extra to install. A module of
        ours that is missing stays a ``ModuleNotFoundError``: that is a broken installation, not a choice.
        """
        if cmd_name not in self.commands_table:
            return super().get_command(ctx, cmd_name)
        module_name, _, attribute = self.commands_table[cmd_name][0].partition(":")
        try:
            command = getattr(import_module(module_name), attribute)
        except ModuleNotFoundError as missing:
            if missing.name is None or missing.name.partition(".")[0] == "openaddons":
                raise
            raise click.ClickException(
                f"`openaddons {cmd_name}` is a part of the server, and {missing.name} is not installed. "
                "Run: pip install 'openaddons[server]'"
            ) from missing
        finally:
            gc.freeze()
            gc.enable()
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in ``--help``, from the table."""
        rows = [(name, self._short_help(ctx, name)) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Names that begin with ``incomplete``, from the table."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=self._short_help(ctx, name))
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
        # click.Group would import every command here to ask whether it is hidden.
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a ``Refusal`` ends it with one line on stderr, anything else propagates."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            raise RefusalShown(refusal) from refusal

    def _short_help(self, ctx: click.Context, name: str) -> str:
        if name in self.commands_table:
            return self.commands_table[name][1]
        command = super().get_command(ctx, name)
        return command.get_short_help_str() if command else ""


@click.group(cls=LazyGroup, commands_table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="openaddons %(version)s")
def main() -> None:
    """A browser add-on store that anyone can run, and the client that publishes to it.

    The commands publish, upload, status, wait and check-credentials speak to any store with the Edge Add-ons
    API, Microsoft's too; answer, cancel, hold, rollback and webhook to any OpenAddons; lint and pack need none.
    The others run and look after a store of your own.
    """
