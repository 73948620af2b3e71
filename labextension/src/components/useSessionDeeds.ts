/**
 * What a person can do with their sessions, with a sentence for how it went.
 */
import { useTrans, type Notice } from '../context';
import type { CurrentSession } from '../current';
import { DocumentError } from '../document';
import type { Listed } from '../model';
import { RequestError } from '../rest';
import type { SessionList } from '../sessionlist';
import { documentSentence, requestSentence } from './sentences';
import { sessionTitle } from './SessionItem';
import type { PickerCurrent } from './SessionPicker';

/** The notebook that is in front when a deed begins: it is done to that one, whatever comes to the front meanwhile. */
type Here = CurrentSession['front'];

export interface SessionDeeds {
  /** Whether there is a notebook that could have another session. */
  readonly hasNotebook: boolean;
  close(): void;
  /** Gives the notebook in front this session; null a new one. */
  use(sessionId: string | null): void;
  detach(session: Listed): void;
  make(name: string): void;
  rename(session: Listed, name: string): void;
  duplicate(session: Listed): void;
  export(session: Listed): void;
  chooseFile(): void;
  remove(session: Listed, isShown: boolean): void;
}

export function useSessionDeeds(props: {
  list: SessionList;
  current: PickerCurrent;
  notify(notice: Notice | null): void;
  onClose(): void;
}): SessionDeeds {
  const { list, current, notify, onClose } = props;
  const trans = useTrans();
  const hasNotebook = current.front !== null;
  const say = (text: string, label?: string, run?: () => void): void =>
    notify(label === undefined || run === undefined ? { text } : { text, action: { label, run } });
  /** Of a notebook; nothing once another one is in front, of which it would seem to be said. */
  const sayOf = (here: Here, text: string, label: string, run: () => void): void => {
    if (here === current.front) {
      notify({ text, action: { label, run }, notebook: here });
    }
  };
  /** For a session that was just made. */
  const offer = (here: Here, text: string, sessionId: string): void =>
    here === null
      ? say(text)
      : sayOf(here, text, trans.__('Use it here'), () => give(sessionId, here));
  const trying = (work: (here: Here) => Promise<void>, here = current.front): void => {
    // What the deed before offered to take back is no longer how things stand.
    notify(null);
    work(here).catch((error: unknown) =>
      say(
        error instanceof RequestError
          ? requestSentence(error, trans)
          : error instanceof DocumentError
            ? documentSentence(error.code, trans)
            : String(error)
      )
    );
  };
  const shownId = (): string | null => {
    const state = current.getState();
    return state.kind === 'open' ? state.client.getState().sessionId : null;
  };
  const titleOf = (sessionId: string): string => {
    const session = list.getState().sessions?.find(each => each.sessionId === sessionId);
    return session === undefined ? trans.__('another session') : sessionTitle(session, trans);
  };

  const give = (sessionId: string | null, notebook = current.front): void =>
    trying(async here => {
      const before = here === current.front ? shownId() : null;
      await current.use(sessionId, here);
      void list.refresh();
      onClose();
      // A session that nobody has written to is gone by now; back is to a new one then.
      const isStored = list.getState().sessions?.some(each => each.sessionId === before) ?? false;
      const back = (): void => give(isStored ? before : null, here);
      sayOf(
        here,
        sessionId === null
          ? trans.__('This notebook has a session of its own again.')
          : trans.__('This notebook has %1 now.', titleOf(sessionId)),
        trans.__('Go back'),
        back
      );
    }, notebook);

  return {
    hasNotebook,
    close: onClose,
    use: sessionId => give(sessionId),
    detach: session =>
      trying(async here => {
        await current.use(null, here);
        void list.refresh();
        onClose();
        sayOf(
          here,
          trans.__(
            'Detached. %1 is kept, and this notebook has a new session.',
            sessionTitle(session, trans)
          ),
          trans.__('Undo'),
          () => give(session.sessionId, here)
        );
      }),
    make: name =>
      trying(async here => {
        const made = await list.make(name);
        if (here !== null) {
          give(made, here);
        }
      }),
    rename: (session, name) => trying(() => list.rename(session.sessionId, name)),
    duplicate: session =>
      trying(async here => {
        const name = trans.__('%1 copy', sessionTitle(session, trans));
        const made = await list.duplicate(session.sessionId, name);
        offer(here, trans.__('Duplicated as %1.', name), made);
      }),
    export: session =>
      trying(async () => {
        const text = await list.export(session.sessionId);
        download(`${fileName(sessionTitle(session, trans))}.session.json`, text);
      }),
    chooseFile: () =>
      chooseFile(file =>
        trying(async here => {
          const plain = file.name.replace(/(\.session)?\.json$/i, '');
          const { sessionId, name } = await list.import(await file.text(), plain);
          offer(here, trans.__('Imported as %1.', name), sessionId);
        })
      ),
    remove: (session, isShown) =>
      trying(async here => {
        const title = sessionTitle(session, trans);
        const { sessionId } = session;
        list.remove(sessionId, error =>
          say(trans.__('%1 was not deleted. %2', title, requestSentence(error, trans)))
        );
        if (isShown) {
          // Its own, as long as that is there; an empty text stands for a new one.
          const own = list.getState().sessions?.some(each => each.sessionId === current.own);
          await current.use(own === true ? current.own : null, here);
        }
        say(trans.__('Deleted %1.', title), trans.__('Undo'), () => {
          if (!list.keep(sessionId)) {
            say(trans.__('Too late: %1 is deleted.', title));
          } else if (isShown) {
            give(sessionId, here);
          }
        });
      })
  };
}

function fileName(title: string): string {
  return title.replace(/[^\p{L}\p{N}._ -]+/gu, '_').slice(0, 80);
}

function download(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function chooseFile(onFile: (file: File) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.json,application/json';
  input.dataset.testid = 'import-file';
  input.hidden = true;
  // Some browsers keep only what is in the document.
  document.body.append(input);
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    input.remove();
    if (file !== undefined) {
      onFile(file);
    }
  });
  input.addEventListener('cancel', () => input.remove());
  input.click();
}
