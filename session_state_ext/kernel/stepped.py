"""What can be asked of a session's steps, and how they are run: a part of :class:`.session.Session`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from session_state_ext.errors import SessionError, Unavailable

from .calls import answered, check_flag, check_text, ended, names_in

if TYPE_CHECKING:
    from .because import Because
    from .runner import Runner
    from .stepview import StepTable

_F = TypeVar("_F", bound=Callable[..., Any])


class Stepped:
    """Steps: functions, and cells that this kernel has run."""

    _runner: Runner | None = None
    _runs: Callable[[], Runner] | None = None

    @overload
    def step(self, function: _F) -> _F: ...
    @overload
    def step(
        self, *, outputs: str | Iterable[str] = (), name: str | None = None, timeout: float | None = None
    ) -> Callable[[_F], _F]: ...
    @answered(
        '@session.step(outputs="loss") above def train(lr): ...',
        inputs='A step reads what its parameters name: @session.step(outputs="loss") above def train(lr): ...',
    )
    def step(
        self,
        function: Any = None,
        *,
        outputs: str | Iterable[str] = (),
        name: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Make a function a step::

            @session.step(outputs="loss")
            def train(lr: float, epochs: int) -> float: ...

            session.run("train")

        Its parameters are variables, by name, checked against their annotations; one with a default need not be
        there. What it returns is written to ``outputs``: one value, or as many as there are names, or a dict with
        these keys. The function stays what it is: ``train(0.1, 3)`` is an ordinary call, which writes and records
        nothing. It may be ``async``. ``timeout``: seconds after which a run is stopped.
        """
        __tracebackhide__ = True  # an error is about the line that asked

        @ended
        def made(one: _F) -> _F:
            __tracebackhide__ = True
            from .recipes import of_function

            self._steps().add(of_function(one, name=name, outputs=outputs, timeout=timeout))
            return one

        return made if function is None else made(function)

    @answered(
        'session.run("train")',
        other='A step reads what the session has. Set it first: session["{word}"] = ..., then session.run("train")',
    )
    def run(self, *names: str | Iterable[str], stale: bool = False, force: bool = False) -> dict[str, Any]:
        """Run a step: ``session.run("train")``; its outputs, by name.

        ``stale=True`` runs what is not fresh, of all steps or of those named and the ones before them; with ``force``
        also what is fresh. ``force`` lets the inputs of a cell replace functions of the same name, too. Raises
        StepFailed, whose ``__cause__`` is the step's own error; an interrupt stops whatever called this.
        """
        __tracebackhide__ = True
        runner, named = self._steps(), names_in(names, "step")
        check_flag(stale, "stale")
        check_flag(force, "force")
        try:
            if stale:
                return runner.run_stale(named, force=force)
            if not named:
                raise SessionError('Name a step: session.run("train"). What is not fresh: session.run(stale=True)')
            made: dict[str, Any] = {}
            for name in named:
                made.update(runner.run(name, force=force))
            return made
        except KeyboardInterrupt as error:
            # The traceback ends here: what is inside does not help whoever asked.
            raise error.with_traceback(None) from error.__cause__

    @answered("session.steps()")
    def steps(self) -> StepTable:
        """All steps: what each reads and writes, whether it is fresh and why not. A mapping that shows as a table."""
        __tracebackhide__ = True
        from .stepview import StepTable

        return StepTable(self._steps().standing())

    @answered('session.forget_steps("train")')
    def forget_steps(self, *names: str | Iterable[str]) -> list[str]:
        """Take steps out of the lists: renamed ones, and those whose cells are gone. What they wrote stays.

        A step comes back when it runs again. Raises SessionError where there is no such step, or it is running.
        """
        __tracebackhide__ = True
        named = names_in(names, "step")
        if not named:
            raise SessionError('Name a step: session.forget_steps("train"). All of them: session.steps()')
        return self._steps().forget(named)

    @answered('session.why("loss")')
    def why(self, name: str) -> Because:
        """Where the value of a variable comes from: which run made it, of which inputs, each set by whom and when."""
        __tracebackhide__ = True
        from .why import because

        check_text(name)
        return because(self._steps(), name)

    def running(self, runs: Callable[[], Runner]) -> None:
        """Who runs the steps, made when the first is asked for. For the hooks."""
        self._runs = runs

    def _steps(self) -> Runner:
        if self._runner is None:
            if self._runs is None:
                raise Unavailable("This session runs no steps. Get one with %load_ext session_state_ext, or connect().")
            self._runner = self._runs()
        return self._runner
