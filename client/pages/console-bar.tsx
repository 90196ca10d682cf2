import type { Signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Dock } from '../../server/protocol/session-event.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import type { SlideFinding } from '../slides/finding.tsx'
import { nameOf } from '../slides/outline.ts'
import { placeOf, progressAt } from '../slides/walk.ts'
import { Icon, type IconName } from '../ui/icons.tsx'
import { Menu, ThemeChoice } from '../ui/menu.tsx'
import { remember } from '../ui/remember.ts'
import { TerminalChoices } from './attendee-bar.tsx'
import { FindingChoices } from './finding-choices.tsx'
import type { OwnTerminals } from './own-terminals.ts'
import type { Steering } from './steering.ts'

interface Bar {
  readonly store: SessionStore
  readonly steering: Steering
  readonly terminals: OwnTerminals
  /** Whether this browser is let in there. */
  readonly opensStage: boolean
  readonly finding: SlideFinding
  /** Whether Ctrl-P prints the notes below each slide. */
  readonly printsNotes: Signal<boolean>
}

/** Where we are, how long it has taken, and what the stage shows. */
export function ConsoleBar({ store, steering, terminals, opensStage, finding, printsNotes }: Bar) {
  const deck = store.deck.value
  const position = steering.position.value
  const { index, step, slide } = placeOf(deck, position)
  return (
    <header class="console-bar">
      <nav class="console-walk" aria-label="Slides">
        <button type="button" class="button" title="Back (← or PageUp)" onClick={() => steering.walk('previous')}>
          <Icon name="back" /> Back
        </button>
        <button type="button" class="button strong" title="Next (→, space or PageDown)" onClick={() => steering.walk('next')}>
          Next <Icon name="next" />
        </button>
        <span class="console-place" aria-live="polite">
          <b>{index + 1}</b> / {deck.slides.length}
          {slide.steps.length > 1 && (
            <small>
              step {step + 1} of {slide.steps.length}
            </small>
          )}
        </span>
        <SlideChoice store={store} steering={steering} index={index} />
      </nav>
      <DockChoice store={store} />
      <Clock store={store} />
      {opensStage && (
        <a class="button" href="/stage" target="deckhand-stage" rel="noopener">
          Open the stage
        </a>
      )}
      <Menu label="Menu">
        <ThemeChoice />
        <TerminalChoices terminals={terminals} />
        <TimeChoice store={store} />
        <FindingChoices finding={finding} />
        <fieldset class="choice">
          <legend>Printing (Ctrl-P)</legend>
          <label>
            <input
              type="checkbox"
              checked={printsNotes.value}
              onChange={(event) => {
                printsNotes.value = event.currentTarget.checked
                remember('print-notes', printsNotes.value)
              }}
            />
            Notes below each slide
          </label>
        </fieldset>
      </Menu>
      <div class="console-progress" aria-hidden="true" style={{ scale: `${progressAt(deck, position)} 1` }} />
    </header>
  )
}

/** A select of every slide. Its options are the page's own elements: as Preact's, thousands would be compared at every step. */
function SlideChoice({ store, steering, index }: { store: SessionStore; steering: Steering; index: number }) {
  const { slides } = store.deck.value
  const select = useRef<HTMLSelectElement>(null)
  useLayoutEffect(() => {
    select.current?.replaceChildren(...slides.map((slide, at) => new Option(`${at + 1} ${nameOf(slide)}`, String(at))))
  }, [slides])
  useLayoutEffect(() => {
    if (select.current) select.current.selectedIndex = index
  }, [slides, index])
  return (
    <select
      class="button slide-choice"
      aria-label="Go to slide"
      ref={select}
      onChange={(event) => {
        const slide = slides[event.currentTarget.selectedIndex]
        if (slide) steering.goTo({ slide: slide.id, step: 0 })
        event.currentTarget.blur()
      }}
    />
  )
}

const spans: readonly { readonly minutes: number; readonly label: string }[] = [
  { minutes: 15, label: '15 min' },
  { minutes: 60, label: '1 hour' },
  { minutes: 360, label: '6 hours' },
]

/** What takes an hour shows at once: the presenter's cluster lives through it, and the charts have that past. */
function TimeChoice({ store }: { store: SessionStore }) {
  const cluster = store.cluster.value
  if (cluster.state !== 'ready' || !cluster.simulated) return null
  const { journey, returnable } = cluster
  return (
    <fieldset class="choice">
      <legend>Fast-forward your cluster</legend>
      {journey === undefined ? (
        <div class="time-choice">
          {spans.map(({ minutes, label }) => (
            <button
              key={minutes}
              type="button"
              class="button"
              title={`Your cluster lives through ${label} at once`}
              onClick={() => store.send({ type: 'cluster.fast-forward', minutes })}
            >
              {label}
            </button>
          ))}
          {returnable === true && (
            <button type="button" class="button" onClick={() => store.send({ type: 'cluster.go-back' })}>
              Back to before
            </button>
          )}
        </div>
      ) : (
        <label>
          {Math.round(journey * 100)} % <progress value={journey} />
        </label>
      )}
    </fieldset>
  )
}

const docks: readonly { readonly dock: Dock; readonly icon: IconName; readonly label: string }[] = [
  { dock: 'hidden', icon: 'hidden', label: 'Slide only' },
  { dock: 'side', icon: 'side', label: 'Beside' },
  { dock: 'full', icon: 'full', label: 'Terminal only' },
]

function DockChoice({ store }: { store: SessionStore }) {
  return (
    <div class="dock-choice" role="group" aria-label="What the stage shows">
      <span>Stage</span>
      {docks.map(({ dock, icon, label }) => (
        <button
          key={dock}
          type="button"
          class="button"
          aria-pressed={store.session.value.dock === dock}
          title={`${label} (d)`}
          onClick={() => store.send({ type: 'dock.show', dock })}
        >
          <Icon name={icon} /> <span>{label}</span>
        </button>
      ))}
    </div>
  )
}

/** The time of day, and how long the session has run by the server's clock. */
function Clock({ store }: { store: SessionStore }) {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const began = store.events.value.find(({ event }) => event.type === 'session.started')?.at ?? now
  const ahead = store.welcome.value?.clockAhead ?? 0
  return (
    <div class="console-clock" role="timer" aria-label="Elapsed time">
      <b>{elapsed(now + ahead - began)}</b>
      <small>{new Date(now).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}</small>
    </div>
  )
}

function elapsed(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000))
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}
