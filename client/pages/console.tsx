import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { z } from 'zod'
import type { SessionInfo } from '../../server/protocol/http-api.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import { DeckView } from '../slides/deck-view.tsx'
import { SlidePreview } from '../slides/slide-preview.tsx'
import { FindingSheet, useSlideFinding, type KeyHelp } from '../slides/finding.tsx'
import { usePrinting } from '../slides/print-deck.tsx'
import { placeOf, stepAfter } from '../slides/walk.ts'
import { SizeChoice } from '../ui/menu.tsx'
import { recall, remember } from '../ui/remember.ts'
import { Splitter } from '../ui/splitter.tsx'
import { Toasts } from '../ui/toasts.tsx'
import { ConnectionLost } from './connection-lost.tsx'
import { ConsoleBar } from './console-bar.tsx'
import { DeckProblem } from './deck-problem.tsx'
import { JoinCard } from './join-card.tsx'
import { liveBlocks } from './live-blocks.tsx'
import { LiveDock } from './live-dock.tsx'
import { openingPage, useSession } from './open-session.tsx'
import { useOwnTerminals } from './own-terminals.ts'
import { Room } from './room.tsx'
import { useSteering, type Steering } from './steering.ts'
import { useWalkKeys } from './walk-keys.ts'
import './console.css'

/** The presenter's laptop: now, next, notes, the room, and the terminal that the stage shows. */
export function ConsolePage() {
  const opening = useSession('console')
  if (opening.state === 'open') return <Presenting store={opening.store} info={opening.info} />
  return openingPage(opening, {
    title: 'This is the presenter’s console',
    say: 'Open it with the link that was printed when the workshop started: the part after # lets this browser in. Attendees use the join page.',
  })
}

/** The presenter's terminal is shown to a hall and recorded: lines longer than this are read by nobody there. */
const MOST_COLUMNS = 100

const keyHelp: KeyHelp = [
  ['d', 'terminal on stage: hidden, side, full'],
  ['t', 'on the stage: light or dark'],
  ['Ctrl-Shift-L', 'leave the terminal'],
]

const Share = z.number().min(20).max(80)

function Presenting({ store, info }: { store: SessionStore; info: SessionInfo }) {
  const steering = useSteering(store)
  const terminals = useOwnTerminals(store)
  const share = useSignal(recall('console-split', Share, 58))
  const { dock } = store.session.value
  const live = useMemo(() => liveBlocks(store, { terminal: terminals.numbered, show: terminals.activate }), [store, terminals])
  const finding = useSlideFinding(store.deck.value, steering.goTo)
  const keys = useMemo(() => ({ ...finding.keys, d: () => cycleDock(store) }), [store, finding.keys])
  useWalkKeys(steering.walk, keys)
  const printsNotes = useSignal(recall('print-notes', z.boolean(), false))
  usePrinting(store.deck.value, printsNotes.value)
  const split = (value: number): void => {
    share.value = value
    remember('console-split', value)
  }
  return (
    <div class="console">
      <ConsoleBar
        store={store}
        steering={steering}
        terminals={terminals}
        opensStage={info.stage}
        finding={finding}
        printsNotes={printsNotes}
      />
      <div class="console-columns">
        <div class="console-work" style={{ '--share': `${share.value}%` }}>
          <div class="console-top">
            <main class="console-now" aria-label="On stage now">
              <DeckView
                deck={store.deck.value}
                position={steering.position.value}
                renderIsland={live}
                onGo={steering.goTo}
                joinCard={info.join ? <JoinCard join={info.join} /> : undefined}
              />
            </main>
            <NextAndNotes store={store} steering={steering} />
          </div>
          <Splitter label="Slides and terminal" across="column" share={share.value} onShare={split} />
          <div class="console-dock">
            <LiveDock store={store} terminals={terminals} sizedElsewhere={dock !== 'hidden'} mostColumns={MOST_COLUMNS} />
          </div>
        </div>
        <Room store={store} join={info.join} />
      </div>
      <DeckProblem store={store} />
      <ConnectionLost connection={store.connection} />
      <Toasts />
      <FindingSheet finding={finding} deck={store.deck.value} position={steering.position.value} goTo={steering.goTo} others={keyHelp} />
    </div>
  )
}

function cycleDock(store: SessionStore): void {
  const next = ({ hidden: 'side', side: 'full', full: 'hidden' } as const)[store.session.value.dock]
  store.send({ type: 'dock.show', dock: next })
}

const NotesSize = z.int().min(12).max(48)

function NextAndNotes({ store, steering }: { store: SessionStore; steering: Steering }) {
  const deck = store.deck.value
  const position = steering.position.value
  const { slide, step } = placeOf(deck, position)
  const next = stepAfter(deck, position)
  const notes = slide.steps[step]?.notes ?? ''
  const size = useSignal(recall('notes-size', NotesSize, 18))
  return (
    <div class="console-side">
      <section class="console-next" aria-label="Next">
        <h2>{next && next.slide === slide.id ? 'Next step' : 'Next'}</h2>
        {next ? <SlidePreview deck={deck} position={next} /> : <p class="console-end">This is the last slide.</p>}
      </section>
      <section class="console-notes" aria-label="Notes">
        <header>
          <h2>Notes</h2>
          <SizeChoice
            label="Size"
            size={size.value}
            least={12}
            most={48}
            onSize={(value) => {
              size.value = value
              remember('notes-size', value)
            }}
          />
        </header>
        {/* Notes come from the deck, sanitised by the server like its slides. */}
        {notes === '' ? (
          <p class="console-end">No notes for this step.</p>
        ) : (
          <div
            class="notes-text"
            key={`${slide.id}/${step}`}
            style={{ fontSize: `${size.value}px` }}
            tabIndex={0}
            dangerouslySetInnerHTML={{ __html: notes }}
          />
        )}
      </section>
    </div>
  )
}
