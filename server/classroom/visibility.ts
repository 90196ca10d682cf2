import type { PersonId } from '../kernel/ids.ts'
import type { Page } from '../protocol/server-message.ts'
import type { SessionEvent } from '../protocol/session-event.ts'

/** Who looks: which page, and whose. */
export interface Onlooker {
  readonly page: Page
  /** The attendee or the presenter; the stage is nobody's. */
  readonly person: PersonId | null
}

/**
 * Whether an event may be sent to a page. The console sees the room. The stage hangs on a wall, so it sees nobody but the
 * presenter. An attendee sees the stage move, and of people only themselves and that there is a presenter.
 */
export function visibleTo(event: SessionEvent, { page, person }: Onlooker, presenter: PersonId): boolean {
  if (page === 'console') return true
  switch (event.type) {
    case 'session.started':
    case 'session.ended':
    case 'stage.moved':
    case 'dock.shown':
      return true
    case 'person.joined':
      return event.person === presenter || (page === 'attendee' && event.person === person)
    default:
      return event.person === (page === 'stage' ? presenter : person)
  }
}
