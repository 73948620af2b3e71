"""What ``%session?`` and ``%session help`` show: plain text, for both show it as it is."""

MANUAL = """\
The notebook's session: variables that you edit in the Session panel and your cells read and write, live. They are
kept on disk: a reload, a restarted kernel and the end of the server leave them as they are.

To begin with:

    %session set lr = 0.1                a variable; it is in the panel, too
    session["lr"]                        its value, in Python: session is a dictionary
    session["lr"] = 0.2                  another one
    %session                             all of them: value, type, who wrote it and when, what is declared of it

Variables. A name with a space needs quotes: %session get "my rate"

    %session set lr = 0.1 tags=["a"]     set several: JSON or Python literals; nothing is computed
    %session get lr                      the value of one (of several: a dict)
    %session del lr tags                 take them away
    %session list                        all your sessions
    %session use NAME [--new] [--bring]  go over to the session called NAME; --new makes it; --bring takes along what
                                         was in this kernel's memory only
    %session use --this|--copy|--empty   what a notebook is to have that its session does not know

Names of the notebook. They are your own until you say otherwise:

    %session push lr epochs              send the notebook's lr and epochs to the session
    %session pull [lr epochs] [--force]  put variables (all, where none are named) into the notebook's names
    %session bind [lr epochs] [--force]  keep these names (or all) equal with the session, both ways, cell by cell
    %session unbind [lr]                 no more; the same as: %session bind off lr

Controls in the notebook; they need ipywidgets:

    %session widget lr                   a slider, a list or a field, as its declaration or its value asks for
    %session form [lr epochs]            controls of all that is declared, and a button that resets them

Declarations. From then on nobody writes what a variable may not be; the panel has the editor that fits:

    %session declare lr = 0.1 --min 0 --max 1 --description "learning rate" --control slider
    %session declare optimizer = "adam" --choices adam sgd
    %session reset [lr]                  back to the default (all that have one); %session undo takes it back
    %session lock seed                   nobody changes it by accident,
    %session unlock seed                 until somebody says so

A cell of %%session parameters declares each of its values as a default, with the comment behind it as description:

    %%session parameters
    lr = 0.1  # learning rate

The past. Every change is remembered, and taken back by a new one:

    %session history [lr]                what was changed (of lr), by whom and when; --before 41, --limit 50
    %session undo [12] [--force]         take back the newest change made here, or change 12
    %session redo [--force]              take back the newest undo
    %session diff 12 [15]                what differs between two revisions or snapshots, or between one and now
    %session snapshot [NAME] [--delete]  name what stands now; without a name: list them; --delete forgets one
    %session restore NAME [--force]      go back to a snapshot, or to a revision by its number
    %session purge token [--yes]         remove the earlier values of a variable (a password) for good

Steps. A step is a cell that says what it reads and what it writes:

    %%session step train --in lr epochs --out loss
    loss = fit(lr, epochs)

Its inputs are read at one moment and put into the notebook's names; a missing one is named and nothing runs. When
the body has succeeded, all of --out is written in one change; when it fails, or is stopped, nothing is. What the
body says by session["loss"] = ... is written at once, and the panel moves while the cell runs.

    --in a b       inputs; without it, the names of the cell that are variables
    --out c d      outputs; without it nothing is written back
    --keep m       names that stay in the kernel for later steps; without it, that is found out
    --force        inputs may replace functions, classes and modules of the same name
    --timeout S    stop the body after S seconds

The same as a comment, so that the cell also runs where nobody has this extension, and as a function, whose
parameters are variables:

    #| step: train(lr, epochs) -> loss

    @session.step(outputs="loss")
    def train(lr: float, epochs: int): ...

A step is fresh while its outputs are what it made of the inputs that stand now:

    %session steps                       all steps: what each reads and writes, whether it is fresh and why not
    %session steps forget train          take a renamed or deleted step out of the list; what it wrote stays
    %session run train [--force]         run a step, as pressing Run beside it does
    %session run --stale [train]         run what is not fresh, of all steps or of train and those before it
    %session why loss                    where a value comes from: which run made it, of what, and when

    %session help                        this page

In Python there is more: session.update(...), session.batch(), session.edit("config"), session.observe(print, "lr"),
session.track(xs), and all of the above; session? and session.observe? say what each does.
"""


def lines_of(command: str) -> str:
    """The manual's lines of ``%session COMMAND``, with what goes on below each; empty where it has none."""
    found: list[str] = []
    taken = False
    for line in MANUAL.splitlines():
        words = line.split()
        begins = line.startswith("    %") and len(words) > 1
        taken = (begins and words[1] == command) or (taken and not begins and line.startswith(" " * 8))
        if taken:
            found.append(line)
    return "\n".join(found)
