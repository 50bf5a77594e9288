"""Where teachers' files lie, and how a name or a path finds one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from tutelage.errors import ConfigError

SHIPPED = Path(str(resources.files("tutelage.configs"))) / "teachers"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class Shelves:
    """Folders, the first one that has it wins.

    Attributes:
        bases: What paths are relative to.
        shelves: Where ``NAME.yaml`` is looked for.
    """

    bases: tuple[Path, ...]
    shelves: tuple[Path, ...]

    @classmethod
    def of_run(cls, folder: Path) -> Shelves:
        """For a run whose configuration lies in ``folder``; the working directory comes second."""
        bases = (folder, Path.cwd())
        return cls(bases, (*(base / "teachers" for base in bases), SHIPPED))

    @classmethod
    def beside(cls, path: Path) -> Shelves:
        """For what a teacher's file names: its neighbours, and what is shipped."""
        return cls((path.parent,), (path.parent, SHIPPED))

    def find(self, named: str, where: Callable[[], str]) -> Path:
        """The file of a teacher.

        Raises:
            ConfigError: there is none; says what comes near.
        """
        if named.endswith((".yaml", ".yml")):
            places = [base / named for base in self.bases]
        elif _NAME.fullmatch(named):
            places = [shelf / f"{named}.yaml" for shelf in self.shelves]
        else:
            raise ConfigError(
                f"'{named}' is no teacher",
                where=where(),
                do="give a name, the path of a YAML file, or an http:// or https:// URL",
            )
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise ConfigError(f"no teacher '{named}'", where=where(), do=self._near(Path(named).stem))
        return found.resolve()

    def _near(self, name: str) -> str:
        known = sorted({path.stem for shelf in self.shelves for path in shelf.glob("*.yaml")})
        close = get_close_matches(name, known, n=1)
        return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}; or give a path or a URL"
