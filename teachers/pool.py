"""A pool: one model behind several URLs, asked as one teacher."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from tutelage.errors import ConfigError, TeacherError, TeacherStalled, TeacherUnreachable
from tutelage.teachers.breaker import Breaker
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.contracts import Reply, Request, call_id


@dataclass(eq=False)
class _Member:
    teacher: OpenAITeacher
    breaker: Breaker = field(default_factory=Breaker)
    last: TeacherError | None = None


class PoolTeacher:
    """Asks the least loaded member that works; a member that fails is left alone for a while.

    A reply says which member gave it. An answer that any member gave before is never paid for again. A refusal for
    good is not tried elsewhere: the members serve the same model, so they would refuse it too.

    Its members are opened and closed by whoever made them, since several pools and roles may share one.
    """

    def __init__(self, name: str, members: Sequence[OpenAITeacher]) -> None:
        """Connects to nothing yet.

        Raises:
            ConfigError: there is no member, two have the same name, or they do not serve the same model.
        """
        names = {member.endpoint.name for member in members}
        models = {member.endpoint.model for member in members}
        if not members or len(names) < len(members) or len(models) > 1:
            raise ConfigError(
                "a pool needs members with different names that serve the same model",
                where=f"pool {name}",
                do=f"correct its members ({', '.join(sorted(names)) or 'none'})",
            )
        self.name = name
        self._members = [_Member(teacher) for teacher in members]
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, request: Request) -> Reply:
        """See ``Teacher.ask``. ``TeacherUnreachable`` names every member."""
        # Members differ in their call ids; the first one's stands for the question.
        question = call_id(self._members[0].teacher.endpoint, request)
        async with self._asking.setdefault(question, asyncio.Lock()):
            for member in self._members:
                known = await member.teacher.known(request)
                if known is not None:
                    return known
            return await self._ask_in_turn(request)

    async def _ask_in_turn(self, request: Request) -> Reply:
        tried: list[_Member] = []
        while True:
            member = self._next(tried)
            if member is None:
                raise self._all_down()
            tried.append(member)
            reply = await self._ask_one(member, request)
            if reply is not None:
                return reply

    def _next(self, tried: Sequence[_Member]) -> _Member | None:
        """The least loaded member that may be asked; one that asked for quiet only where there is no other."""
        now = _now()
        able = [member for member in self._members if member not in tried and member.breaker.admits(now)]
        return min(able, key=lambda m: (m.teacher.admission.is_paused(), m.teacher.admission.load), default=None)

    async def _ask_one(self, member: _Member, request: Request) -> Reply | None:
        """This member's reply; None where it has none to give, and another one should be asked."""
        now = _now()
        probe = member.breaker.state(now) == "half_open"
        member.breaker = member.breaker.sent(now)
        alive = False
        try:
            reply = await member.teacher.ask(request)
            alive = True
            return reply
        except (TeacherUnreachable, TeacherStalled) as error:
            self._leave_alone(member, error, probe=probe)
            return None
        except TeacherError:
            alive = True
            raise
        finally:
            if alive:
                member.breaker = member.breaker.answered()
            elif probe:
                member.breaker = member.breaker.abandoned()

    def _leave_alone(self, member: _Member, error: TeacherError, *, probe: bool) -> None:
        before = member.breaker
        member.breaker = before.failed(_now(), probe=probe)
        member.last = error
        if member.breaker is not before:
            # Whoever still waits for this member would only find the same out, one after the other.
            member.teacher.give_up(error)

    def _all_down(self) -> TeacherUnreachable:
        said = "; ".join(
            f"{m.teacher.endpoint.name}: {'it is being tried again' if m.last is None else m.last.what}"
            for m in self._members
        )
        return TeacherUnreachable(
            f"no member of the pool answers ({said})",
            where=f"pool {self.name}",
            do="see that a server is up, then resume the run",
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
