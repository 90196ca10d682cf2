import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { z } from 'zod'
import type { SessionStore } from '../classroom/session-store.ts'
import { DeckView } from '../slides/deck-view.tsx'
import { FindingSheet, useSlideFinding, type KeyHelp } from '../slides/finding.tsx'
import { usePrinting } from '../slides/print-deck.tsx'
import { placeOf, progressAt } from '../slides/walk.ts'
import { Splitter } from '../ui/splitter.tsx'
import { recall, remember } from '../ui/remember.ts'
import { Toasts } from '../ui/toasts.tsx'
import { useAddress } from './address.ts'
import { AttendeeBar } from './attendee-bar.tsx'
import { ConnectionLost } from './connection-lost.tsx'
import { JoinHere } from './join-card.tsx'
import { LastResult } from './last-result.tsx'
import { liveBlocks } from './live-blocks.tsx'
import { openingPage, useSession } from './open-session.tsx'
import { LiveDock } from './live-dock.tsx'
import { useOwnTerminals } from './own-terminals.ts'
import { useRoaming } from './roaming.ts'
import { useWalkKeys } from './walk-keys.ts'
import { useWide } from './wide.ts'
import './attendee.css'

/** An attendee's page: the deck, and a terminal on their own cluster beside it. */
export function AttendeePage() {
  const opening = useSession('attendee')
  useEffect(() => {
    if (opening.state === 'unknown')
      location.replace(location.hash.startsWith('#/') ? `/join?at=${encodeURIComponent(location.hash)}` : '/join')
  }, [opening.state])
  if (opening.state === 'open') return <Attending store={opening.store} />
  return openingPage(opening, { title: 'Joining again', say: 'The workshop does not know this browser. Taking you to the door.' })
}

const keyHelp: KeyHelp = [
  ['f', 'follow the presenter, or roam'],
  ['Ctrl-Shift-F', 'search the terminal'],
  ['Ctrl-Shift-L', 'leave the terminal'],
]

const Share = z.number().min(20).max(80)

function Attending({ store }: { store: SessionStore }) {
  const roaming = useRoaming(store)
  const terminals = useOwnTerminals(store)
  const wide = useWide()
  const share = useSignal(recall('split', Share, 62))
  const tab = useSignal<'slides' | 'terminal'>('slides')
  const deck = store.deck.value
  const position = roaming.position.value
  const live = useMemo(() => liveBlocks(store, { terminal: terminals.numbered, show: terminals.activate }), [store, terminals])
  const finding = useSlideFinding(deck, roaming.goTo)
  useWalkKeys(roaming.walk, { ...finding.keys, f: roaming.toggle })
  useAddress(deck, roaming)
  usePrinting(deck, false)

  const split = (value: number): void => {
    share.value = value
    remember('split', value)
  }
  const slides = (
    <main class="attendee-slides" aria-label="Slides" hidden={wide === 'tabs' && tab.value !== 'slides'}>
      <DeckView
        deck={deck}
        position={position}
        renderIsland={live}
        canvas="pane"
        onWalk={roaming.walk}
        onGo={roaming.goTo}
        joinCard={<JoinHere />}
      />
    </main>
  )
  return (
    <div class={`attendee ${wide}`}>
      <AttendeeBar store={store} roaming={roaming} terminals={terminals} finding={finding} />
      <div class="attendee-progress" aria-hidden="true" style={{ scale: `${progressAt(deck, position)} 1` }} />
      <div class="attendee-split" style={{ '--share': `${share.value}%` }}>
        {slides}
        {wide !== 'tabs' && (
          <Splitter label="Slides and terminal" across={wide === 'side' ? 'row' : 'column'} share={share.value} onShare={split} />
        )}
        <aside class="attendee-dock" hidden={wide === 'tabs' && tab.value !== 'terminal'}>
          <LiveDock store={store} terminals={terminals} />
        </aside>
      </div>
      {wide === 'tabs' && (
        <>
          <LastResult store={store} terminals={terminals} />
          <PhoneTabs tab={tab} place={placeOf(deck, position).index + 1} of={deck.slides.length} />
        </>
      )}
      <ConnectionLost connection={store.connection} />
      <Toasts />
      <FindingSheet finding={finding} deck={deck} position={position} goTo={roaming.goTo} others={keyHelp} />
    </div>
  )
}

function PhoneTabs({ tab, place, of }: { tab: { value: 'slides' | 'terminal' }; place: number; of: number }) {
  const list = useRef<HTMLDivElement>(null)
  const choose = (next: 'slides' | 'terminal') => () => {
    tab.value = next
  }
  return (
    <div class="phone-tabs" role="tablist" ref={list}>
      <button type="button" role="tab" aria-selected={tab.value === 'slides'} onClick={choose('slides')}>
        Slides{' '}
        <small>
          {place} of {of}
        </small>
      </button>
      <button type="button" role="tab" aria-selected={tab.value === 'terminal'} onClick={choose('terminal')}>
        Terminal
      </button>
    </div>
  )
}
