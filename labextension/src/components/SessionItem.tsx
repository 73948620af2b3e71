import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import { useSurroundings } from '../context';
import { MenuButton } from './IconButton';
import type { Listed } from '../model';
import { contentsPathOf } from '../places';
import { NameField } from './NameField';
import { useClock } from './useClock';
import type { SessionDeeds } from './useSessionDeeds';
import { agoWords } from './moments';

// Of more notebooks than these the menu would be too long to read.
const OPENED = 5;

/** What a person calls a session: its name, else its notebook's, or that of the one that had it last. */
export function sessionTitle(
  { name, paths, last }: Pick<Listed, 'name' | 'paths' | 'last'>,
  trans: TranslationBundle
): string {
  const path = paths[0] ?? last?.path;
  const notebook = PathExt.basename(path ?? '').replace(/\.ipynb$/, '');
  return (
    name ??
    (path === undefined
      ? trans.__('Session without a name')
      : paths.length > 0
        ? notebook
        : last?.isOwn === true
          ? trans.__('%1’s own', notebook)
          : trans.__('%1, earlier', notebook))
  );
}

/** A notebook's path, its name in it: two of one name differ in what stands before it. */
function NotebookWords(props: { words: string }): React.JSX.Element {
  const { words } = props;
  const name = PathExt.basename(words);
  return (
    <span className="jp-SessionItem-notebook">
      {words.slice(0, words.length - name.length)}
      <b>{name}</b>
    </span>
  );
}

/** Who has a session open now; empty where nobody has. */
function usersWords({ connected }: Listed, trans: TranslationBundle): string {
  const { editors, kernels } = connected;
  return [
    ...(editors === 0 ? [] : [trans._n('%1 panel', '%1 panels', editors)]),
    ...(kernels === 0 ? [] : [trans._n('%1 kernel', '%1 kernels', kernels)])
  ].join(', ');
}

export function SessionItem(props: {
  session: Listed;
  /** Whether it is the session of the notebook in front. */
  isShown: boolean;
  /** Whether the server has it in its list. */
  isStored: boolean;
  isOwn: boolean;
  /** Whether Tab stops at it: at one of the list, or what stands below would be far away. */
  isStop: boolean;
  onFocus(): void;
  /** What the sessions are called. */
  names: readonly string[];
  /** The server's root, where that is known. */
  root: string | null;
  deeds: SessionDeeds;
}): React.JSX.Element {
  const { session, isShown, isStored, isOwn, isStop, onFocus, names, root, deeds } = props;
  const { trans, openNotebook } = useSurroundings();
  const now = useClock();
  const [isNaming, setNaming] = useState(false);
  const title = sessionTitle(session, trans);
  const tabIndex = isStop ? 0 : -1;
  const { variableCount, updatedAt, paths } = session;
  const notebooks = paths.map(place => {
    const path = contentsPathOf(place, root);
    return { place, path, words: path ?? place };
  });
  const users = usersWords(session, trans);
  const held = [
    trans._n('%1 variable', '%1 variables', variableCount),
    updatedAt === null ? trans.__('never changed') : agoWords(updatedAt, now, trans)
  ].join(' · ');
  return (
    <li
      className="jp-SessionItem"
      data-testid="session-item"
      data-name={title}
      data-shown={isShown}
      aria-current={isShown}
      onFocus={onFocus}
    >
      <div className="jp-SessionRow-head">
        {isNaming ? (
          <NameField
            label={trans.__('New name of %1', title)}
            begin={session.name ?? ''}
            others={names}
            onName={name => deeds.rename(session, name)}
            onEnd={() => setNaming(false)}
          />
        ) : (
          <button
            type="button"
            className="jp-SessionItem-use"
            tabIndex={tabIndex}
            data-testid="session-use"
            title={isShown ? trans.__('This notebook has it.') : trans.__('Use %1 here', title)}
            onClick={() => (isShown ? deeds.close() : deeds.use(session.sessionId))}
          >
            {title}
          </button>
        )}
        {isShown || isOwn ? (
          <span className="jp-SessionItem-mark">
            {isShown ? trans.__('this one') : trans.__('its own')}
          </span>
        ) : null}
        <MenuButton
          testid="session-menu"
          label={trans.__('Menu of %1', title)}
          quiet
          tabIndex={tabIndex}
          items={() => [
            {
              id: 'use',
              label: trans.__('Use Here'),
              run: () => deeds.use(session.sessionId),
              enabled: !isShown && deeds.hasNotebook
            },
            {
              id: 'detach',
              label: trans.__('Detach This Notebook'),
              run: () => deeds.detach(session),
              enabled: isShown && isStored
            },
            null,
            ...notebooks.slice(0, OPENED).flatMap(({ path, words }, i) =>
              path === null || openNotebook === undefined
                ? []
                : [
                    {
                      id: `open-${i}`,
                      label: trans.__('Open %1', words),
                      run: () => openNotebook(path)
                    }
                  ]
            ),
            {
              id: 'rename',
              label: trans.__('Rename…'),
              run: () => setNaming(true)
            },
            {
              id: 'duplicate',
              label: trans.__('Duplicate'),
              run: () => deeds.duplicate(session)
            },
            { id: 'export', label: trans.__('Export…'), run: () => deeds.export(session) },
            null,
            {
              id: 'delete',
              label: trans.__('Delete'),
              run: () => deeds.remove(session, isShown),
              enabled: isStored
            }
          ]}
        />
      </div>
      <div className="jp-SessionItem-about">{held}</div>
      {paths.length === 0 ? null : (
        <div className="jp-SessionItem-about" title={paths.join('\n')} data-testid="session-paths">
          {notebooks.map(({ place, words }) => (
            <NotebookWords key={place} words={words} />
          ))}
        </div>
      )}
      {users === '' ? null : (
        <div className="jp-SessionItem-about jp-mod-live" data-testid="session-users">
          {trans.__('open: %1', users)}
        </div>
      )}
    </li>
  );
}
