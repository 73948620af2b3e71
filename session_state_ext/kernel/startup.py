"""Run by IPython at the start of every kernel of this environment (etc/ipython/startup): makes %session known."""


def _prepare_session_state() -> None:
    try:
        from session_state_ext.kernel.lazy import prepare
    except ImportError:
        return  # The package went and this file stayed.
    shell = get_ipython()  # type: ignore[name-defined]  # noqa: F821
    prepare(shell)


_prepare_session_state()
del _prepare_session_state
