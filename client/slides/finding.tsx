import { useSignal, type Signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { Deck } from '../../server/protocol/deck.ts'
import type { Position } from '../../server/protocol/session-event.ts'
import { Finder } from './finder.tsx'
import { Overview } from './overview.tsx'
import { Sheet } from './sheet.tsx'
import './finding.css'

/** A key and what it does, as the help lists it. */
export type KeyHelp = readonly (readonly [keys: string, does: string])[]

const ours: KeyHelp = [
  ['→ space n PgDn', 'next step'],
  ['← p PgUp', 'step before'],
  ['Home End', 'first and last slide'],
  ['12 Enter', 'slide 12'],
  ['/ c', 'search, contents'],
  ['o', 'all slides'],
  ['?', 'these keys'],
  ['Esc', 'close what is open'],
]

export interface SlideFinding {
  /** For the page's keyboard. */
  readonly keys: Readonly<Record<string, () => void>>
  readonly find: () => void
  readonly overview: () => void
  readonly help: () => void
  /** What is open over the page. */
  readonly open: Signal<'find' | 'overview' | 'help' | undefined>
  /** A slide's number as it is typed, until Enter. */
  readonly typed: Signal<string>
}

/** Ways to another slide than the next: contents, search, overview, its number; and the help that lists all keys. */
export function useSlideFinding(deck: Deck, goTo: (to: Position) => void): SlideFinding {
  const open: SlideFinding['open'] = useSignal(undefined)
  const typed = useSignal('')
  const digits = typed.value
  const opening = useMemo(() => {
    const to = (what: 'find' | 'overview' | 'help') => () => {
      typed.value = ''
      open.value = what
    }
    return { find: to('find'), overview: to('overview'), help: to('help') }
  }, [open, typed])
  const keys = useMemo(() => {
    const type = (digit: string) => (): void => {
      typed.value = (typed.value + digit).slice(-5)
    }
    const numbers = Array.from({ length: 10 }, (_, digit) => [String(digit), type(String(digit))] as const)
    const jump = {
      // As it is typed now: whoever is quick presses Enter before the page has drawn the last digit.
      Enter: () => {
        const target = slideOfNumber(deck, typed.value)
        typed.value = ''
        if (target) goTo({ slide: target.id, step: 0 })
      },
      Backspace: () => (typed.value = typed.value.slice(0, -1)),
      Escape: () => (typed.value = ''),
    }
    return {
      ...Object.fromEntries(numbers),
      '/': opening.find,
      c: opening.find,
      o: opening.overview,
      '?': opening.help,
      ...(digits === '' ? {} : jump),
    }
  }, [opening, typed, digits, deck, goTo])
  return { keys, ...opening, open, typed }
}

interface Finding {
  readonly finding: SlideFinding
  readonly deck: Deck
  readonly position: Position
  readonly goTo: (to: Position) => void
  readonly others: KeyHelp
}

/** What is open over the page to find a slide. An element of its own, not a value that closures keep: an old one keeps all that was drawn. */
export function FindingSheet({ finding: { open, typed }, deck, position, goTo, others }: Finding) {
  const close = (): void => {
    open.value = undefined
  }
  const go = (to: Position): void => {
    close()
    goTo(to)
  }
  const showing = { deck, position, onGo: go, onClose: close }
  const digits = typed.value
  return (
    <>
      {open.value === 'find' && <Finder {...showing} />}
      {open.value === 'overview' && <Overview {...showing} />}
      {open.value === 'help' && <Help keys={[...ours, ...others]} onClose={close} />}
      {digits !== '' && (
        <p class="typed-number" role="status">
          <b>{digits}</b> {slideOfNumber(deck, digits)?.title} <kbd>Enter</kbd>
        </p>
      )}
    </>
  )
}

function Help({ keys, onClose }: { keys: KeyHelp; onClose: () => void }) {
  return (
    <Sheet label="Keys" class="help" onClose={onClose}>
      <h2>Keys</h2>
      <dl class="keys" tabIndex={0}>
        {keys.map(([key, does]) => [<dt key={key}>{key}</dt>, <dd key={`${key} does`}>{does}</dd>])}
      </dl>
    </Sheet>
  )
}

/** The nearest that there is. */
function slideOfNumber({ slides }: Deck, digits: string): Deck['slides'][number] | undefined {
  return slides[Math.min(Math.max(Number(digits), 1), slides.length) - 1]
}
