import { watch, type FSWatcher } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { wordsFor } from '../kernel/user-error.ts'
import type { Deck } from '../protocol/deck.ts'
import { loadDeck, type LoadedDeck } from './load-deck.ts'

export interface DeckListener {
  /** The deck is another one now. */
  onDeck(loaded: LoadedDeck): void
  /** Why what is written now cannot be shown, with file and line; undefined when it can again. */
  onProblem(say: string | undefined): void
}

export interface WatchOptions {
  readonly path: string
  readonly root: string
  readonly loaded: LoadedDeck
  readonly listener: DeckListener
}

/** Editors write a file in several steps; what comes within this time is one edit. */
const SETTLED_MILLIS = 30
/** How long a file may be gone while an editor puts the new one in its place. */
const GONE_MILLIS = 200

/**
 * Reads a deck again whenever its file, what it includes or one of its images changes. Folders are watched, not files:
 * an editor that saves by renaming puts another file there. @returns ends the watching
 */
export function watchDeck({ path, root, loaded, listener }: WatchOptions): () => void {
  const watching = new Map<string, FSWatcher>()
  let current = loaded
  let files = filesOf(loaded)
  let revision = 0
  let timer: NodeJS.Timeout | undefined
  let ended = false
  let reading = false
  let again = false

  const soon = (millis: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void read(), millis)
  }
  const changed = (folder: string, name: string | null): void => {
    const file = name === null ? undefined : resolve(folder, name)
    if (file !== undefined && !files.texts.has(file) && !files.images.has(file)) return
    if (file !== undefined && files.images.has(file)) revision++
    soon(SETTLED_MILLIS)
  }
  const watchFolders = (): void => {
    const wanted = new Set([...files.texts, ...files.images].map((file) => dirname(file)))
    for (const [folder, watcher] of watching) {
      if (wanted.has(folder)) continue
      watcher.close()
      watching.delete(folder)
    }
    for (const folder of wanted) if (!watching.has(folder)) open(folder)
  }
  const open = (folder: string): void => {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => changed(folder, name))
      // A folder that is removed, or is on a disk that cannot be watched: the deck stays as it is.
      watcher.on('error', () => watching.delete(folder))
      watching.set(folder, watcher)
    } catch {
      // As above.
    }
  }
  let goneSince: number | undefined
  const read = async (): Promise<void> => {
    if (reading) {
      again = true
      return
    }
    reading = true
    try {
      const next = await loadDeck(path, root, revision)
      if (ended) return
      goneSince = undefined
      listener.onProblem(undefined)
      files = filesOf(next)
      watchFolders()
      if (next.deck.version !== current.deck.version) {
        current = next
        listener.onDeck(next)
      }
    } catch (error) {
      goneSince ??= performance.now()
      if (ended) return
      if (performance.now() - goneSince < GONE_MILLIS) soon(SETTLED_MILLIS)
      else {
        goneSince = undefined
        listener.onProblem(wordsFor(error))
      }
    } finally {
      reading = false
      if (again) {
        again = false
        soon(0)
      }
    }
  }
  watchFolders()
  return () => {
    ended = true
    clearTimeout(timer)
    for (const watcher of watching.values()) watcher.close()
  }
}

function filesOf({ texts, folder, deck }: LoadedDeck): { readonly texts: ReadonlySet<string>; readonly images: ReadonlySet<string> } {
  return { texts: new Set(texts), images: new Set(imagesOf(deck).map((image) => resolve(folder, image))) }
}

/** The deck's own images, as paths in its folder. */
function imagesOf(deck: Deck): string[] {
  const found = new Set<string>()
  for (const { steps, background } of deck.slides) {
    const places = [...steps.flatMap(({ html, notes }) => [html, notes]), ...Object.values(background)]
    for (const place of places)
      for (const [, path = ''] of place.matchAll(/\/slides\/([^"'()?#]+)/g)) found.add(path.replace(/&#x26;/g, '&'))
  }
  return [...found]
}
