/**
 * Requests of the session endpoints, and the one place where a status becomes an error.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { isObject, parseJson, stringifyJson, type Json } from './json';
import type { Choice, Listed, Question, SessionState, Spec } from './model';
import type { MutateFrame } from './edit';

const ROOT = 'api/session';

/** An answer that is not what was asked for; status 0 where no answer came. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds after which the server asks to be asked again. */
    readonly retryAfter: number | null = null,
    /** The rest of what the server said. */
    readonly body: Json = null
  ) {
    super(message);
  }
}

export type Settings = ServerConnection.ISettings;

/** Below the session endpoints. */
export function address(settings: Settings, ...parts: string[]): string {
  return URLExt.join(settings.baseUrl, ROOT, ...parts.map(encodeURIComponent));
}

export function channelUrl(settings: Settings, sessionId: string): string {
  const url = URLExt.join(settings.wsUrl, ROOT, encodeURIComponent(sessionId), 'channel');
  // Only a page of another origin has no cookie to show; JupyterLab says when that is so.
  return settings.appendToken && settings.token !== ''
    ? `${url}?token=${encodeURIComponent(settings.token)}`
    : url;
}

function member(body: Json, key: string): string | null {
  const value = isObject(body) && Object.hasOwn(body, key) ? body[key] : null;
  return typeof value === 'string' ? value : null;
}

/** @throws RequestError where the answer is not what was asked for */
export async function request(
  settings: Settings,
  url: string,
  method: string,
  body?: unknown,
  keepalive = false,
  headers: { [name: string]: string } = {}
): Promise<Json> {
  let response: Response;
  let text: string;
  try {
    response = await ServerConnection.makeRequest(
      url,
      body === undefined
        ? { method, keepalive }
        : {
            method,
            body: stringifyJson(body),
            headers: { 'Content-Type': 'application/json', ...headers },
            keepalive
          },
      settings
    );
    text = await response.text();
  } catch (error) {
    throw new RequestError(0, 'unreachable', error instanceof Error ? error.message : '');
  }
  let answer: Json = null;
  try {
    answer = text === '' ? null : parseJson(text);
  } catch {
    // A proxy's HTML page: the status says enough.
  }
  if (!response.ok) {
    const retry = Number(response.headers.get('Retry-After'));
    throw new RequestError(
      response.status,
      member(answer, 'code') ?? '',
      member(answer, 'message') ?? response.statusText,
      retry > 0 ? retry : null,
      answer
    );
  }
  return answer;
}

/** What an error asks before a notebook gets a session; null where it is another error. */
export function questionOf(error: unknown): Question | null {
  const asks = error instanceof RequestError && error.code === 'unknown-notebook';
  return asks ? (error.body as unknown as Question) : null;
}

/**
 * The session of the notebook at this contents path, made on first use; `choose` answers the server's question.
 * @throws RequestError also where the server has a question: see questionOf
 */
export async function attach(
  settings: Settings,
  path: string,
  choose?: Choice
): Promise<SessionState> {
  const body = { path, choose };
  return (await request(
    settings,
    address(settings, 'attach'),
    'POST',
    body
  )) as unknown as SessionState;
}

/** The id of the session that the notebook at this path has, for who may not attach one; null where it has none. */
export async function sessionAt(settings: Settings, path: string): Promise<string | null> {
  const url = address(settings) + URLExt.objectToQueryString({ path });
  const { sessions } = (await request(settings, url, 'GET')) as unknown as { sessions: Listed[] };
  return sessions[0]?.sessionId ?? null;
}

/** From now on the notebook at this path has that session. */
export async function attachTo(settings: Settings, path: string, sessionId: string): Promise<void> {
  await request(settings, address(settings, 'attach'), 'POST', { path, sessionId });
}

/** The notebook at this path has no session any more, and gets a new one when it asks. */
export async function detach(settings: Settings, path: string): Promise<void> {
  const url = address(settings, 'attach') + URLExt.objectToQueryString({ path });
  await request(settings, url, 'DELETE');
}

/** The person's stored sessions, latest change first. */
export async function listSessions(settings: Settings): Promise<Listed[]> {
  const answer = (await request(settings, address(settings), 'GET')) as unknown;
  return (answer as { sessions: Listed[] }).sessions;
}

/** One session with its rows: who wrote each variable, and its declaration. */
export async function readSession(settings: Settings, sessionId: string): Promise<SessionState> {
  const url = `${address(settings, sessionId)}?detail=1`;
  return (await request(settings, url, 'GET')) as unknown as SessionState;
}

export interface NewSession {
  name: string | null;
  variables?: { [name: string]: Json };
  specs?: { [name: string]: Spec };
}

export async function makeSession(settings: Settings, made: NewSession): Promise<SessionState> {
  return (await request(settings, address(settings), 'POST', made)) as unknown as SessionState;
}

export async function nameSession(
  settings: Settings,
  sessionId: string,
  name: string
): Promise<void> {
  await request(settings, address(settings, sessionId, 'meta'), 'PUT', { name });
}

/** `keepalive`: for a page that goes. */
export async function deleteSession(
  settings: Settings,
  sessionId: string,
  keepalive = false
): Promise<void> {
  await request(settings, address(settings, sessionId), 'DELETE', undefined, keepalive);
}

// Browsers let requests outlive their page with 64 KiB under way in all.
const LARGEST_PARTING = 60 * 1024;

/** A numbered change past the channel, which outlives the page; a larger one than browsers allow is not sent. */
export async function postMutate(
  settings: Settings,
  sessionId: string,
  client: string,
  { seq, base, ops, origin }: MutateFrame
): Promise<void> {
  const body = { client, seq, base, ops, origin };
  const { length } = new TextEncoder().encode(stringifyJson(body));
  if (length <= LARGEST_PARTING) {
    await request(settings, address(settings, sessionId, 'mutate'), 'POST', body, true);
  }
}

export type Reachability = 'there' | 'gone' | 'forbidden' | 'unreachable';

/** Why an upgrade may have failed: a browser hides the status of a WebSocket's handshake, but not of a GET. */
export async function askWhy(settings: Settings, sessionId: string): Promise<Reachability> {
  try {
    await request(settings, address(settings, sessionId), 'GET');
    return 'there';
  } catch (error) {
    switch (error instanceof RequestError ? error.status : 0) {
      case 404:
      case 410:
        return 'gone';
      case 401:
      case 403:
        return 'forbidden';
      default:
        return 'unreachable';
    }
  }
}
