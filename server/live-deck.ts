import type { Classroom } from './classroom/classroom.ts'
import type { LoadedDeck, LoadProblem } from './deck/load-deck.ts'
import { personalise } from './deck/personalise.ts'
import { watchDeck } from './deck/watch-deck.ts'
import type { Room } from './http/room.ts'
import type { PersonId } from './kernel/ids.ts'
import { Emitter } from './kernel/events.ts'
import type { Deck } from './protocol/deck.ts'

interface LiveDeckOptions {
  readonly path: string
  readonly root: string
  readonly loaded: LoadedDeck
  readonly classroom: Classroom
  /** The deck is another one now. */
  readonly onDeck: (loaded: LoadedDeck) => void
  readonly log: (message: string) => void
}

/** The deck of a session: what its file said last that could be shown, for each person with their own variables. */
export function createLiveDeck({ path, root, loaded, classroom, onDeck, log }: LiveDeckOptions): Room['deck'] & { close(): void } {
  let current = loaded
  let problem: string | undefined
  const made = new Map<PersonId, Deck>()
  const listeners = new Emitter<undefined>()
  const stop = watchDeck({
    path,
    root,
    loaded,
    listener: {
      onDeck: (next) => {
        current = next
        made.clear()
        for (const one of next.problems) log(problemLine(one))
        classroom.deckChanged(next.deck.slides.map(({ id, steps }) => ({ id, steps: steps.length })))
        listeners.emit(undefined)
        onDeck(next)
      },
      onProblem: (say) => {
        if (say === problem) return
        problem = say
        if (say !== undefined) log(`${say} The last version that could be read is shown.`)
        listeners.emit(undefined)
      },
    },
  })
  return {
    version: () => current.deck.version,
    for: (id) => {
      const known = made.get(id)
      if (known) return known
      const person = classroom.person(id)
      const own = personalise(current.deck, { number: String(person?.number ?? 0).padStart(2, '0'), name: person?.name })
      made.set(id, own)
      return own
    },
    folder: () => current.folder,
    problem: () => problem,
    onChange: (listener) => listeners.subscribe(listener),
    close: stop,
  }
}

export function problemLine({ file, line, column, say }: LoadProblem): string {
  return `${file}:${line}${column === undefined ? '' : `:${column}`}: ${say}`
}
