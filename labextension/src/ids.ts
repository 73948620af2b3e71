/**
 * Ids that are made here: of clients, pages and edits.
 */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map(byte => byte.toString(36).padStart(2, '0')).join('');
}
