import { addIcon, caretLeftIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef, useState, useSyncExternalStore } from 'react';

import { useTrans } from '../context';
import { Icon } from './Icon';
import { Button } from './Button';
import { FilterField } from './FilterField';
import { IconButton, MenuButton } from './IconButton';
import type { Current, CurrentSession } from '../current';
import type { Listed } from '../model';
import { listedFrom, matching, type SessionList } from '../sessionlist';
import { rootOf } from '../places';
import { NameField } from './NameField';
import { requestSentence } from './sentences';
import { SessionItem } from './SessionItem';
import { useFocusBack } from './useFocusBack';
import type { SessionDeeds } from './useSessionDeeds';

export type PickerCurrent = Pick<
  CurrentSession,
  'getState' | 'subscribe' | 'use' | 'own' | 'front' | 'refresh'
>;

// More are found by searching; so many rows are drawn at once.
const SHOWN = 50;

/** The session that is shown, in the list's words: nobody may have written to it, or it may be somebody else's. */
export function shownBy(state: Current): Listed | null {
  if (state.kind !== 'open') {
    return null;
  }
  const { sessionId, meta, variables } = state.client.getState();
  return listedFrom(sessionId, meta, variables.size);
}

/** The person's sessions: which one this notebook has, and what can be done with them. */
export function SessionPicker(props: {
  list: SessionList;
  current: PickerCurrent;
  /** What was asked for when it was opened. */
  begin: 'look' | 'new' | 'import';
  deeds: SessionDeeds;
  onClose(): void;
}): React.JSX.Element {
  const { list, current, begin, deeds, onClose } = props;
  const trans = useTrans();
  const { sessions, problem } = useSyncExternalStore(list.subscribe, list.getState);
  const state = useSyncExternalStore(current.subscribe, current.getState);
  const [search, setSearch] = useState('');
  const [isNaming, setNaming] = useState(begin === 'new');
  const [stop, setStop] = useState({ sessionId: '', place: 0 });
  const field = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLDivElement>(null);
  useFocusBack(field, '[data-testid="choose-session"]');
  useEffect(() => {
    if (begin === 'import') {
      deeds.chooseFile();
    } else if (begin === 'look') {
      field.current?.focus();
    }
    // As it is opened, and never again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const shown = shownBy(state);
  const others = (sessions ?? []).filter(each => each.sessionId !== shown?.sessionId);
  const known = sessions?.find(each => each.sessionId === shown?.sessionId);
  const all = shown === null ? others : [known ?? shown, ...others];
  const found = matching(all, search);
  const listed = found.slice(0, SHOWN);
  // What took the place of one that is gone; as nobody was there yet, the one that is shown.
  const stopsAt = listed.some(each => each.sessionId === stop.sessionId)
    ? stop.sessionId
    : listed[Math.min(stop.place, listed.length - 1)]?.sessionId;
  const names = all.flatMap(each => each.name ?? []);
  const { own } = current;
  const root = rootOf(current.front?.context?.path ?? null, shown?.paths ?? []);
  const canGoBack = own !== null && (own === '' || others.some(each => each.sessionId === own));

  // Up and down walk through the names, as in any list.
  const walk = (event: React.KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') {
      return;
    }
    const stops = [
      ...(body.current?.querySelectorAll<HTMLElement>('[data-testid="session-use"]') ?? [])
    ];
    const item = (event.target as Element).closest('li');
    const at = stops.findIndex(each => item?.contains(each));
    const next = event.key === 'ArrowDown' ? at + 1 : at - 1;
    (next < 0 ? field.current : stops[Math.min(next, stops.length - 1)])?.focus();
    event.preventDefault();
  };
  return (
    <section
      className="jp-SessionPicker"
      aria-label={trans.__('Sessions')}
      data-testid="picker"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onClose();
        } else {
          walk(event);
        }
      }}
    >
      <div className="jp-SessionHead">
        <div className="jp-SessionHead-line">
          <IconButton
            icon={caretLeftIcon}
            testid="picker-close"
            label={trans.__('Back to the session')}
            onClick={onClose}
          />
          <h2>{trans.__('Sessions')}</h2>
          <Button testid="session-new" onClick={() => setNaming(true)}>
            <Icon of={addIcon} />
            {trans.__('New')}
          </Button>
          <MenuButton
            testid="picker-menu"
            label={trans.__('Menu of the sessions')}
            items={() => [
              { id: 'import', label: trans.__('Import…'), run: deeds.chooseFile },
              { id: 'refresh', label: trans.__('Look Again'), run: () => void list.refresh() }
            ]}
          />
        </div>
        <div className="jp-SessionHead-line">
          <FilterField
            ref={field}
            testid="session-search"
            label={trans.__('Search sessions by name or notebook')}
            placeholder={trans._n('Search %1 session', 'Search %1 sessions', all.length)}
            value={search}
            onChange={setSearch}
          />
        </div>
      </div>
      <div className="jp-SessionBody" ref={body}>
        {isNaming ? (
          <div className="jp-SessionPicker-new">
            <NameField
              label={trans.__('Name of the new session')}
              begin=""
              others={names}
              take={trans.__('Create')}
              onName={name => deeds.make(name)}
              onEnd={() => setNaming(false)}
            />
          </div>
        ) : null}
        {canGoBack ? (
          <div className="jp-SessionCard" data-testid="own-session">
            <div className="jp-SessionCard-line jp-mod-text">
              <span>{trans.__('This notebook has another session than its own.')}</span>
            </div>
            <div className="jp-SessionCard-line jp-mod-actions">
              <Button testid="go-back" onClick={() => deeds.use(own === '' ? null : own)}>
                {trans.__('Go back to its own')}
              </Button>
            </div>
          </div>
        ) : null}
        {problem === null ? null : (
          <div className="jp-SessionCard jp-mod-refused" role="alert" data-testid="picker-problem">
            <div className="jp-SessionCard-line jp-mod-text">
              <span>{requestSentence(problem, trans)}</span>
            </div>
          </div>
        )}
        <ul className="jp-SessionPicker-list" aria-label={trans.__('Your sessions')}>
          {listed.map((each, place) => (
            <SessionItem
              key={each.sessionId}
              session={each}
              isShown={each.sessionId === shown?.sessionId}
              isStored={each.sessionId !== shown?.sessionId || known !== undefined}
              isOwn={each.sessionId === own}
              isStop={each.sessionId === stopsAt}
              onFocus={() => setStop({ sessionId: each.sessionId, place })}
              names={names}
              root={root}
              deeds={deeds}
            />
          ))}
        </ul>
        {found.length > SHOWN ? (
          <p className="jp-SessionBody-none">
            {trans.__('%1 more: search for them.', found.length - SHOWN)}
          </p>
        ) : null}
        {found.length === 0 && sessions !== null ? (
          <p className="jp-SessionBody-none" data-testid="picker-none">
            {search === ''
              ? trans.__('No session is stored yet. One is, as soon as it has a variable.')
              : trans.__('No session is named like this.')}
          </p>
        ) : null}
      </div>
    </section>
  );
}
