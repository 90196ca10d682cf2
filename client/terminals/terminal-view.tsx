import { useEffect, useRef } from 'preact/hooks'
import type { ScreenSource } from '../net/screen-source.ts'
import { themeVersion } from '../ui/theme.ts'
import { legibleType } from './scaled-type.ts'
import { Screen, type Size } from './screen.ts'
import { paletteOf, type TerminalTheme } from './themes.ts'

interface Viewing {
  readonly source: ScreenSource
  readonly fontSize: number
  readonly theme: TerminalTheme
  readonly screenReader?: boolean
  /** Where given, this view is somebody else's size and its type adapts; otherwise it fills its place and says its size. */
  readonly sizedAs?: Size | undefined
  /** The most columns that it takes, however wide its place is. */
  readonly mostColumns?: number | undefined
  readonly onSize?: ((size: Size) => void) | undefined
  /** Where missing, the screen is read-only. */
  readonly onInput?: ((data: string) => void) | undefined
  readonly onKey?: (event: KeyboardEvent) => boolean
  /** Opens what listens on a port of the shell's own machine. */
  readonly onPort?: ((port: number, path: string) => void) | undefined
  readonly onScreen?: (screen: Screen | undefined) => void
  readonly label: string
}

const RESIZE_MILLIS = 80
/** What xterm keeps free at the right. */
const SCROLLBAR = 16

/** A terminal's screen in its place on the page, never inside a slide: scaling breaks its mouse. */
export function TerminalView(viewing: Viewing) {
  const host = useRef<HTMLDivElement>(null)
  const screen = useRef<Screen>(undefined)
  const now = useRef(viewing)
  now.current = viewing
  const { source, fontSize, theme, screenReader = false, sizedAs } = viewing

  useEffect(() => {
    if (!host.current) return
    const created = open(host.current, now)
    screen.current = created
    now.current.onScreen?.(created)
    const unsubscribe = source.subscribe((change) => created.apply(change))
    const place = host.current
    created.onCursor(() => keepCursorInView(place, created))
    const endFitting = keepFitting(host.current, created, now)
    return () => {
      endFitting()
      unsubscribe()
      now.current.onScreen?.(undefined)
      created.dispose()
    }
  }, [source])

  useEffect(() => {
    if (screen.current && host.current) fit(host.current, screen.current, now.current)
  }, [fontSize, sizedAs?.columns, sizedAs?.rows, source])

  useEffect(() => {
    if (!screen.current) return
    screen.current.theme = paletteOf(theme)
    screen.current.screenReader = screenReader
  }, [theme, screenReader, themeVersion.value, source])

  return (
    <div class="terminal-frame" style={{ background: paletteOf(theme).background }} role="group" aria-label={viewing.label}>
      <div class={`terminal-host ${sizedAs ? 'sized' : ''}`} ref={host} />
    </div>
  )
}

function open(host: HTMLElement, now: { readonly current: Viewing }): Screen {
  return new Screen(host, {
    fontSize: now.current.fontSize,
    theme: paletteOf(now.current.theme),
    readOnly: now.current.onInput === undefined,
    onInput: (data) => now.current.onInput?.(data),
    onKey: (event) => now.current.onKey?.(event) ?? false,
    onPort: now.current.onPort,
  })
}

/** Fits whenever the place changes, at most every few frames: each size is a message to a shell. */
function keepFitting(host: HTMLElement, screen: Screen, now: { readonly current: Viewing }): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => fit(host, screen, now.current), RESIZE_MILLIS)
  }
  const observer = new ResizeObserver(soon)
  observer.observe(host)
  void document.fonts.load("16px 'IBM Plex Mono'").then(soon)
  return () => {
    clearTimeout(timer)
    observer.disconnect()
  }
}

/** Where a screen is taller than its place, the place scrolls to where something is written. */
function keepCursorInView(host: HTMLElement, screen: Screen): void {
  if (host.scrollHeight <= host.clientHeight) return
  host.scrollTop = screen.cursorDown * host.scrollHeight - host.clientHeight
}

function fit(host: HTMLElement, screen: Screen, { sizedAs, fontSize, onSize, mostColumns = 500 }: Viewing): void {
  if (host.clientWidth < 40 || host.clientHeight < 20) return
  if (sizedAs) {
    const place = { width: host.clientWidth - SCROLLBAR, height: host.clientHeight }
    screen.fontSize = legibleType(place, sizedAs.columns, sizedAs.rows, fontSize)
    screen.resize(sizedAs)
    return
  }
  screen.fontSize = fontSize
  const fitting = screen.fittingSize()
  if (!fitting) return
  const size = { ...fitting, columns: Math.min(fitting.columns, mostColumns) }
  const { columns, rows } = screen.size
  screen.resize(size)
  if (size.columns !== columns || size.rows !== rows) onSize?.(size)
}
