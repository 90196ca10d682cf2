import { signal } from '@preact/signals'
import { remember, recall } from './remember.ts'
import { z } from 'zod'

const Theme = z.enum(['system', 'light', 'dark'])
export type Theme = z.infer<typeof Theme>

/** What this browser chose; `system` follows the machine. */
export const theme = signal<Theme>(recall('theme', Theme, 'system'))

/** Counts changes of the colours that are in force, for what paints outside CSS: terminals and charts. */
export const themeVersion = signal(0)

const machineIsDark = matchMedia('(prefers-color-scheme: dark)')

export function applyTheme(): void {
  if (theme.value === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme.value
  themeVersion.value++
}

machineIsDark.addEventListener('change', applyTheme)

export function isDark(): boolean {
  return theme.value === 'system' ? machineIsDark.matches : theme.value === 'dark'
}

export function chooseTheme(choice: Theme): void {
  theme.value = choice
  remember('theme', choice)
  applyTheme()
}

export function toggleTheme(): void {
  chooseTheme(isDark() ? 'light' : 'dark')
}

/** A role's colour as canvas and xterm need it: resolved, for the theme in force. */
export function colourOf(role: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--${role})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
