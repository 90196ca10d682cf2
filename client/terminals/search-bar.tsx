import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../ui/icons.tsx'
import type { Screen } from './screen.ts'

/** Finds text in a terminal. Enter goes up through what came before, as people read a terminal backwards. */
export function SearchBar({ screen, onClose }: { screen: Screen | undefined; onClose: () => void }) {
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const [missed, setMissed] = useState(false)
  useEffect(() => field.current?.focus(), [])
  useEffect(() => () => screen?.endFind(), [screen])
  const find = (wanted: string, direction: 'next' | 'previous'): void => {
    setMissed(wanted !== '' && !screen?.find(wanted, direction))
  }
  return (
    <form
      class="search-bar"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        find(text, 'previous')
      }}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Escape') onClose()
      }}
    >
      <input
        ref={field}
        aria-label="Search the terminal"
        placeholder="Search"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          find(event.currentTarget.value, 'previous')
        }}
      />
      <span role="status">{missed ? 'Not found' : ''}</span>
      <button type="submit" class="button bare" aria-label="Find before">
        <Icon name="up" />
      </button>
      <button type="button" class="button bare" aria-label="Find after" onClick={() => find(text, 'next')}>
        <Icon name="down" />
      </button>
      <button type="button" class="button bare" aria-label="Close search" onClick={onClose}>
        <Icon name="close" />
      </button>
    </form>
  )
}
