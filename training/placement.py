"""How the student's training shares its device with vLLM servers: what a run's configuration says of it. Pure."""

from __future__ import annotations

import shlex
from typing import Literal, Self

from pydantic import Field, model_validator

from tutelage.pedagogy.records import Record

Policy = Literal["separate", "sleep", "stop_start"]


class Neighbour(Record):
    """A vLLM server on the device that the student is trained on.

    ``url`` as http://127.0.0.1:8000/v1. ``command`` is what starts it, in a shell's words but without a shell: for
    ``stop_start`` alone. It is written into the run's configuration, so no secret may stand in it.
    """

    url: str = Field(pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$")
    command: str | None = None

    @property
    def words(self) -> list[str]:
        """The command, split."""
        return shlex.split(self.command or "")


class Placement(Record):
    """Who has the device while the student is trained.

    ``separate``: the servers are elsewhere, or there is room for all. ``sleep``: vLLM lays its weights aside (started
    with ``--enable-sleep-mode`` and ``VLLM_SERVER_DEV_MODE=1``). ``stop_start``: Tutelage starts the servers with the
    run, stops them for each training, and with the run's end. ``start_s``: how long one may take to start.
    """

    policy: Policy = "separate"
    servers: tuple[Neighbour, ...] = ()
    start_s: float = Field(default=900, gt=0)

    @model_validator(mode="after")
    def _servers_fit(self) -> Self:
        if (self.policy == "separate") == bool(self.servers):
            raise ValueError(f"policy {self.policy} {'needs no' if self.servers else 'needs its'} servers")
        if any((self.policy == "stop_start") != bool(server.words) for server in self.servers):
            raise ValueError("policy stop_start needs every server's command, and no other policy takes one")
        return self
