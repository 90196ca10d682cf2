import { UserError } from '../kernel/user-error.ts'
import { RECORDING_VERSION } from '../protocol/session-event.ts'

/** Turns an event of one version into one of the next. `upgrades[0]` makes version 2 of version 1. */
type Upgrade = (event: unknown) => unknown

const upgrades: readonly Upgrade[] = []

/** Brings raw events up to date; they are parsed afterwards. @throws UserError 'bad-recording' when they are from the future */
export function upgradeEvent(event: unknown, version: number): unknown {
  if (!Number.isInteger(version) || version < 1 || version > RECORDING_VERSION) {
    throw new UserError(
      'bad-recording',
      `This session was recorded by a newer Deckhand (version ${version}; this one reads up to ${RECORDING_VERSION}). Update Deckhand, then play it again.`,
    )
  }
  return upgrades.slice(version - 1).reduce((upgraded, upgrade) => upgrade(upgraded), event)
}
