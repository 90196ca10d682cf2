import type { SessionInfo } from '../../server/protocol/http-api.ts'
import type { CheckBlock } from '../../server/protocol/blocks.ts'
import { runKey, type PersonState } from '../../server/protocol/session-state.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import { nameOf } from '../slides/outline.ts'
import { placeOf } from '../slides/walk.ts'
import { copyText } from '../ui/clipboard.ts'
import { Icon } from '../ui/icons.tsx'
import { tell } from '../ui/toasts.tsx'

/** The room: counts first, then everyone, those who roam before those who follow. */
export function Room({ store, join }: { store: SessionStore; join: SessionInfo['join'] }) {
  const people = [...store.session.value.people.values()].filter(({ role }) => role === 'attendee')
  const here = people.filter(({ connected }) => connected)
  const checks = store.deck.value.slides.flatMap(({ blocks }) => blocks.filter((block) => block.kind === 'check'))
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
            <Person key={person.id} person={person} store={store} checks={checks} />
          ))}
        </ul>
      )}
    </aside>
  )
}

const urgency = ({ connected, following }: PersonState): number => (connected ? (following ? 1 : 0) : 2)
const needsFirst = (a: PersonState, b: PersonState): number => urgency(a) - urgency(b) || a.number - b.number

function Person({ person, store, checks }: { person: PersonState; store: SessionStore; checks: readonly CheckBlock[] }) {
  const place = person.position && placeOf(store.deck.value, person.position)
  const where = !person.connected ? 'away' : person.following || !place ? 'follows' : `on ${place.index + 1}, ${nameOf(place.slide)}`
  return (
    <li>
      <span class={`dot ${person.connected ? (person.following ? 'ok' : 'waiting') : 'off'}`} aria-hidden="true" />
      <span class="room-number">{String(person.number).padStart(2, '0')}</span>
      <span class="room-name">{person.name}</span>
      <Passed person={person} store={store} checks={checks} />
      <span class="room-where" title={where}>
        {where}
      </span>
    </li>
  )
}

/** More checks than this are counted rather than shown one by one. */
const MOST_MARKS = 10

/** Which checks somebody has passed, in the deck's order. */
function Passed({ person, store, checks }: { person: PersonState; store: SessionStore; checks: readonly CheckBlock[] }) {
  if (checks.length === 0) return <span />
  const { passed } = store.session.value
  const has = (check: CheckBlock): boolean => passed.has(runKey(person.id, check.id))
  const count = checks.filter(has).length
  const names = checks.filter(has).map(({ title }) => title)
  const words = `${count} of ${checks.length} exercises done${count > 0 ? `: ${names.join('; ')}` : ''}`
  return (
    <span class="room-passed" title={words}>
      <span class="visually-hidden">{words}</span>
      <span aria-hidden="true">
        {checks.length > MOST_MARKS
          ? `${count}/${checks.length}`
          : checks.map((check) => <i key={check.id} class={has(check) ? 'passed' : ''} />)}
      </span>
    </span>
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
