"""``tutelage domain``: what is in a domain, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tutelage.cli_common import Set, errors_as_lines, show_table
from tutelage.errors import DomainError
from tutelage.graph.plain_text import visible

if TYPE_CHECKING:
    from tutelage.graph.domain_check import DomainReport

domain_app = typer.Typer(no_args_is_help=True, help="Domains.")
_MOST_FINDINGS = 20


@domain_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A domain's file (YAML).")],
    run: Annotated[Path | None, typer.Option(metavar="CONFIG", help="The run whose pools are to be filled.")] = None,
    settings: Set = [],  # noqa: B006 - typer copies it
) -> None:
    """Say what is in a domain, what is wrong with it, and how many items each pool will get."""
    from tutelage.configs.load import load_run, override
    from tutelage.configs.schema import RunConfig, StudentConfig
    from tutelage.graph.domain_check import check_domain

    with errors_as_lines():
        if run is not None:
            config = load_run(run, settings)
        else:
            plain = RunConfig(name="check", domain=str(file), student=StudentConfig(model="none"))
            config = override(plain, settings)
        report = check_domain(file, config)
        _show(report)
    if report.errors:
        raise typer.Exit(DomainError.exit_code)


def _show(report: DomainReport) -> None:
    domain, sizes = report.domain, report.sizes
    family = f", {domain.family}" if domain.family else ""
    typer.echo(f"{domain.name}{family}: {len(domain.modules)} modules, graded by {domain.grader}")
    typer.echo(f"items: {report.source}, SHA-256 {report.sha256 or 'unknown'}")
    typer.echo(f"a module needs {sizes.diagnostic} diagnostic, {sizes.held_out} held-out and {sizes.gate} gate items\n")
    rows: list[tuple[str, ...]] = [
        (
            row.module, f"{row.items:,}", f"{row.distinct:,}", str(row.levels or "-"), str(row.pools["diagnostic"]),
            str(row.pools["held_out"]), str(row.pools["gate"]), f"lacks {row.lacks}" if row.lacks else "filled",
        )
        for row in report.rows
    ]  # fmt: skip
    show_table(("Module", "Items", "Distinct", "Levels", "Diagnostic", "Held-out", "Gate", "Pools"), rows)
    if report.findings:
        typer.echo("")
    for finding in report.findings[:_MOST_FINDINGS]:
        typer.echo(visible(f"{finding.kind}: {finding.raised().line}"))
    if len(report.findings) > _MOST_FINDINGS:
        typer.echo(f"... and {len(report.findings) - _MOST_FINDINGS} more")
    warnings = len(report.findings) - report.errors
    typer.echo(f"\n{_count(report.errors, 'error')}, {_count(warnings, 'warning')}")
    if report.fits:
        typer.echo("these settings would fill the pools: " + " ".join(f"--set {setting}" for setting in report.fits))


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
