import type { Access, Pass } from './access.ts'

/** A day's workshop, with the evening before. */
const MAX_AGE_SECONDS = 36 * 3600

/** Cookies ignore ports, so two workshops on one machine are told apart by the name. */
export function cookieName(port: number, page: Pass['page']): string {
  return `deckhand-${port}-${page}`
}

/** Not `Secure`: the workshop is served over plain HTTP in the room. */
export function setCookie(port: number, page: Pass['page'], value: string): string {
  return `${cookieName(port, page)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${MAX_AGE_SECONDS}`
}

/** The passes that a request's cookies hold. */
export function passesOf(
  access: Access,
  port: number,
  header: string | undefined,
): { readonly [Page in Pass['page']]?: Extract<Pass, { page: Page }> } {
  const values = new Map(
    (header ?? '').split(';').map((part): [string, string] => {
      const equals = part.indexOf('=')
      return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()]
    }),
  )
  const pass = <Page extends Pass['page']>(page: Page) => access.passOf(page, values.get(cookieName(port, page)))
  return { stage: pass('stage'), console: pass('console'), attendee: pass('attendee'), replay: pass('replay') }
}
