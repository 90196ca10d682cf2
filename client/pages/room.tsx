import type { SessionInfo } from '../../server/protocol/http-api.ts'
import type { PersonState } from '../../server/protocol/session-state.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import { placeOf } from '../slides/walk.ts'
import { copyText } from '../ui/clipboard.ts'
import { Icon } from '../ui/icons.tsx'
import { tell } from '../ui/toasts.tsx'

/** The room: counts first, then everyone, those who roam before those who follow. */
export function Room({ store, join }: { store: SessionStore; join: SessionInfo['join'] }) {
  const people = [...store.session.value.people.values()].filter(({ role }) => role === 'attendee')
  const here = people.filter(({ connected }) => connected)
  const roaming = here.filter(({ following }) => !following)
  return (
    <aside class="room" aria-label="The room">
      {join && <JoinLine join={join} />}
      <dl class="room-counts">
        <div>
          <dt>here</dt>
          <dd>{here.length}</dd>
        </div>
        <div>
          <dt>follow</dt>
          <dd>{here.length - roaming.length}</dd>
        </div>
        <div>
          <dt>roam</dt>
          <dd>{roaming.length}</dd>
        </div>
        <div>
          <dt>away</dt>
          <dd>{people.length - here.length}</dd>
        </div>
      </dl>
      {people.length === 0 ? (
        <p class="console-end">Nobody has joined yet.</p>
      ) : (
        <ul class="room-list">
          {people.toSorted(needsFirst).map((person) => (
            <Person key={person.id} person={person} store={store} />
          ))}
        </ul>
      )}
    </aside>
  )
}

const urgency = ({ connected, following }: PersonState): number => (connected ? (following ? 1 : 0) : 2)
const needsFirst = (a: PersonState, b: PersonState): number => urgency(a) - urgency(b) || a.number - b.number

function Person({ person, store }: { person: PersonState; store: SessionStore }) {
  const place = person.position && placeOf(store.deck.value, person.position)
  const where = !person.connected ? 'away' : person.following || !place ? 'follows' : `on ${place.index + 1}, ${place.slide.title}`
  return (
    <li>
      <span class={`dot ${person.connected ? (person.following ? 'ok' : 'waiting') : 'off'}`} aria-hidden="true" />
      <span class="room-number">{String(person.number).padStart(2, '0')}</span>
      <span class="room-name">{person.name}</span>
      <span class="room-where" title={where}>
        {where}
      </span>
    </li>
  )
}

function JoinLine({ join }: { join: NonNullable<SessionInfo['join']> }) {
  const copy = async (): Promise<void> => {
    const link = `${join.url.replace(/#.*$/, '')}#${join.code}`
    tell((await copyText(link)) ? 'The join link is copied.' : `Copying is not allowed here. The link is ${link}`)
  }
  return (
    <div class="room-join">
      <span>
        <small>{join.url.replace(/^https?:\/\//, '').replace(/#.*$/, '')}</small>
        <b>{join.code}</b>
      </span>
      <button type="button" class="button" onClick={() => void copy()}>
        <Icon name="copy" /> Copy link
      </button>
    </div>
  )
}
