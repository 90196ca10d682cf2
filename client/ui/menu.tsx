import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from './icons.tsx'
import { chooseTheme, theme, type Theme } from './theme.ts'

/** A button that opens a small panel; closes on Escape and on a click elsewhere. */
export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
  const box = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const close = (event: Event): void => {
      const outside =
        event instanceof KeyboardEvent ? event.key === 'Escape' : !(event.target instanceof Node && box.current?.contains(event.target))
      if (outside) box.current?.removeAttribute('open')
    }
    document.addEventListener('pointerdown', close)
    document.addEventListener('keydown', close)
    return () => {
      document.removeEventListener('pointerdown', close)
      document.removeEventListener('keydown', close)
    }
  }, [])
  return (
    <details class="menu" ref={box}>
      <summary class="button bare" aria-label={label} title={label}>
        <Icon name="menu" />
      </summary>
      <div class="menu-panel">{children}</div>
    </details>
  )
}

const themes: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: 'system', label: 'As this machine' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

export function ThemeChoice() {
  return (
    <fieldset class="choice">
      <legend>Theme</legend>
      {themes.map(({ value, label }) => (
        <label key={value}>
          <input type="radio" name="theme" checked={theme.value === value} onChange={() => chooseTheme(value)} /> {label}
        </label>
      ))}
    </fieldset>
  )
}

/** A size with smaller and larger, for text that people read at their own distance. */
export function SizeChoice({
  label,
  size,
  least,
  most,
  onSize,
}: {
  label: string
  size: number
  least: number
  most: number
  onSize: (size: number) => void
}) {
  return (
    <div class="size-choice" role="group" aria-label={label}>
      <span>{label}</span>
      <button type="button" class="button" disabled={size <= least} onClick={() => onSize(Math.max(least, size - 1))}>
        <span aria-hidden="true">A−</span>
        <span class="visually-hidden">{label}: smaller</span>
      </button>
      <output>{size}</output>
      <button type="button" class="button" disabled={size >= most} onClick={() => onSize(Math.min(most, size + 1))}>
        <span aria-hidden="true">A+</span>
        <span class="visually-hidden">{label}: larger</span>
      </button>
    </div>
  )
}
