import { computed, signal, useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { z } from 'zod'
import type { Deck } from '../../server/protocol/deck.ts'
import type { ExportedDeck } from '../../server/protocol/exported-deck.ts'
import type { Position } from '../../server/protocol/session-event.ts'
import { DeckView } from '../slides/deck-view.tsx'
import { FindingSheet, useSlideFinding, type KeyHelp, type SlideFinding } from '../slides/finding.tsx'
import { usePrinting } from '../slides/print-deck.tsx'
import { placeOf, progressAt, walked } from '../slides/walk.ts'
import { Icon } from '../ui/icons.tsx'
import { Menu, ThemeChoice } from '../ui/menu.tsx'
import { recall, remember } from '../ui/remember.ts'
import { toggleTheme } from '../ui/theme.ts'
import { Toasts } from '../ui/toasts.tsx'
import { positionOf, useAddress } from './address.ts'
import { FindingChoices } from './finding-choices.tsx'
import { recordedBlocks } from './recorded-blocks.tsx'
import type { Roaming } from './roaming.ts'
import { useWalkKeys } from './walk-keys.ts'
import './exported.css'

const Shown = z.boolean()

const keyHelp: KeyHelp = [
  ['t', 'light or dark'],
  ['f', 'full screen'],
]
const notesHelp: KeyHelp = [...keyHelp, ['s', 'speaker’s notes']]

/** A deck that was exported: its slides, and what a rehearsal found where they were live. */
export function ExportedPage({ exported }: { exported: ExportedDeck }) {
  const { deck } = exported
  const walking = useMemo(() => walkingIn(deck), [deck])
  const position = walking.position.value
  const recorded = useMemo(() => recordedBlocks(exported, true), [exported])
  const finding = useSlideFinding(deck, walking.goTo)
  // Only a file that was exported with them has any.
  const hasNotes = useMemo(() => deck.slides.some(({ steps }) => steps.some(({ notes }) => notes !== '')), [deck])
  const showsNotes = useSignal(recall('exported-notes', Shown, false))
  const keys = useMemo(() => {
    const toggleNotes = (): void => {
      showsNotes.value = !showsNotes.value
      remember('exported-notes', showsNotes.value)
    }
    return { ...finding.keys, t: toggleTheme, f: toggleFullScreen, ...(hasNotes && { s: toggleNotes }) }
  }, [finding.keys, hasNotes, showsNotes])
  useWalkKeys(walking.walk, keys)
  useAddress(deck, walking)
  usePrinting(deck, hasNotes, recorded)
  useEffect(() => {
    document.title = deck.title
  }, [deck.title])
  return (
    <div class="exported">
      <ExportedBar exported={exported} position={position} walking={walking} finding={finding} />
      <div class="exported-progress" aria-hidden="true" style={{ scale: `${progressAt(deck, position)} 1` }} />
      <main class="exported-slides" aria-label="Slides">
        <DeckView deck={deck} position={position} renderIsland={recorded} canvas="pane" onWalk={walking.walk} onGo={walking.goTo} />
      </main>
      {hasNotes && showsNotes.value && <Notes deck={deck} position={position} />}
      <Toasts />
      <FindingSheet finding={finding} deck={deck} position={position} goTo={walking.goTo} others={hasNotes ? notesHelp : keyHelp} />
    </div>
  )
}

function Notes({ deck, position }: { deck: Deck; position: Position }) {
  const { slide, step } = placeOf(deck, position)
  // The notes were sanitised when the deck was exported, like its slides.
  return <aside class="exported-notes" aria-label="Speaker’s notes" dangerouslySetInnerHTML={{ __html: slide.steps[step]?.notes ?? '' }} />
}

/** Nobody leads here: the page goes where its reader does. */
function walkingIn(deck: Deck): Roaming {
  const place = signal<Position>(positionOf(deck, location.hash) ?? { slide: placeOf(deck, undefined).slide.id, step: 0 })
  const goTo = (to: Position): void => void (place.value = to)
  return {
    position: place,
    following: computed(() => false),
    goTo,
    walk: (walk) => goTo(walked(deck, place.value, walk) ?? place.value),
    toggle: () => undefined,
  }
}

function toggleFullScreen(): void {
  // A browser that does not let the page simply stays as it is.
  void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => undefined)
}

interface Bar {
  readonly exported: ExportedDeck
  readonly position: Position
  readonly walking: Roaming
  readonly finding: SlideFinding
}

function ExportedBar({ exported: { deck, rehearsedAt }, position, walking, finding }: Bar) {
  const { index } = placeOf(deck, position)
  const said =
    rehearsedAt === undefined
      ? 'Exported without a rehearsal: commands have no output, and charts no data.'
      : `Outputs and charts are from a rehearsal on ${new Date(rehearsedAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}.`
  return (
    <header class="exported-bar">
      <h1 title={deck.title}>{deck.title}</h1>
      <nav class="exported-walk" aria-label="Slides">
        <button type="button" class="button bare" aria-label="Back" title="Back (←)" onClick={() => walking.walk('previous')}>
          <Icon name="back" />
        </button>
        <button type="button" class="button bare exported-count" title="Contents and search (/)" onClick={finding.find}>
          {index + 1} <span>/ {deck.slides.length}</span>
        </button>
        <button type="button" class="button bare" aria-label="Next" title="Next (→)" onClick={() => walking.walk('next')}>
          <Icon name="next" />
        </button>
      </nav>
      <Menu label="Menu">
        <ThemeChoice />
        <FindingChoices finding={finding} />
        <p class="exported-said">{said}</p>
      </Menu>
    </header>
  )
}
