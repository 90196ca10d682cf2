import { useEffect } from 'preact/hooks'
import { walkOfKey, type Walk } from '../slides/walk.ts'

const takesKeys = 'input, textarea, select, [contenteditable], .xterm, [role=separator], [role=slider], details.menu[open], dialog'
/** Space presses a focused button or link; it must not also turn the page. */
const takesSpace = 'button, a[href], summary'

/** Moves through the deck with keys and clickers, unless something with a use for them has the keyboard. `others` are keys of the page's own and come first. */
export function useWalkKeys(walk: (walk: Walk) => void, others: Readonly<Record<string, () => void>> = {}): void {
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || (event.target instanceof Element && event.target.closest(takesKeys))) return
      if ((event.key === ' ' || event.key === 'Enter') && event.target instanceof Element && event.target.closest(takesSpace)) return
      const action = walkOfKey(event)
      const other = event.ctrlKey || event.metaKey || event.altKey ? undefined : others[event.key]
      if (!action && !other) return
      event.preventDefault()
      if (other) other()
      else if (action) walk(action)
    }
    addEventListener('keydown', key)
    return () => removeEventListener('keydown', key)
  }, [walk, others])
}
