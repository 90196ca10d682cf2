import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { TerminalId } from '../../server/kernel/ids.ts'
import type { TerminalState } from '../../server/protocol/session-state.ts'
import type { ScreenSource } from '../net/screen-source.ts'
import { copyText, readClipboard } from '../ui/clipboard.ts'
import { Icon } from '../ui/icons.tsx'
import { tell } from '../ui/toasts.tsx'
import type { Screen, Size } from './screen.ts'
import { SearchBar } from './search-bar.tsx'
import { TerminalView } from './terminal-view.tsx'
import type { TerminalTheme } from './themes.ts'
import './terminals.css'

interface Docked {
  readonly terminals: readonly TerminalState[]
  readonly active: TerminalId | undefined
  readonly sourceOf: (terminal: TerminalId) => ScreenSource
  readonly fontSize: number
  readonly theme: TerminalTheme
  readonly screenReader?: boolean
  /** The size that another page gives these terminals. */
  readonly sizedElsewhere?: boolean
  readonly mostColumns?: number | undefined
  /** What people must know about these terminals, a sentence above them: that there is no cluster, and why. */
  readonly notice?: string | undefined
  /** What is said where there is no terminal. */
  readonly empty: ComponentChildren
  readonly canOpen: boolean
  readonly onActivate: (terminal: TerminalId) => void
  readonly onOpen: () => void
  readonly onClose: (terminal: TerminalId) => void
  readonly onInput: (terminal: TerminalId, data: string) => void
  readonly onSize: (terminal: TerminalId, size: Size) => void
  readonly onScreen?: (terminal: TerminalId, screen: Screen | undefined) => void
}

/** Somebody's terminals: tabs, a toolbar, and the screen of the one in front. */
export function Dock(docked: Docked) {
  const { terminals, active } = docked
  const screens = useRef(new Map<TerminalId, Screen>())
  const [searching, setSearching] = useState(false)
  const front = active === undefined ? undefined : screens.current.get(active)
  const search = (): void => setSearching(true)
  const open = useRef(terminals.length)
  useEffect(() => {
    // The button that closed a terminal is gone with it: the keyboard goes on in the next one.
    if (terminals.length < open.current && document.activeElement === document.body && active !== undefined)
      screens.current.get(active)?.focus()
    open.current = terminals.length
  }, [terminals.length, active])
  return (
    <section class="dock" aria-label="Terminals">
      <header class="dock-bar">
        <Tabs {...docked} />
        <Tools
          screen={() => (active === undefined ? undefined : screens.current.get(active))}
          onSearch={search}
          disabled={active === undefined}
        />
      </header>
      {searching && (
        <SearchBar
          screen={front}
          onClose={() => {
            setSearching(false)
            front?.focus()
          }}
        />
      )}
      {docked.notice !== undefined && terminals.length > 0 && (
        <p class="dock-notice" role="status">
          {docked.notice}
        </p>
      )}
      <div class="dock-screens">
        {terminals.map((terminal) => (
          <div class="dock-screen" key={terminal.id} hidden={terminal.id !== active}>
            <TerminalView
              source={docked.sourceOf(terminal.id)}
              label={terminal.title}
              fontSize={docked.fontSize}
              theme={docked.theme}
              screenReader={docked.screenReader ?? false}
              sizedAs={docked.sizedElsewhere ? { columns: terminal.columns, rows: terminal.rows } : undefined}
              mostColumns={docked.mostColumns}
              onSize={(size) => docked.onSize(terminal.id, size)}
              onInput={(data) => docked.onInput(terminal.id, data)}
              onPort={(port, path) => window.open(`/port/${terminal.id}/${port}${path}`, '_blank', 'noopener,noreferrer')}
              onKey={(event) => shortcut(event, screens.current.get(terminal.id), search)}
              onScreen={(screen) => {
                if (screen) screens.current.set(terminal.id, screen)
                else screens.current.delete(terminal.id)
                docked.onScreen?.(terminal.id, screen)
              }}
            />
          </div>
        ))}
        {terminals.length === 0 && <div class="dock-empty">{docked.empty}</div>}
      </div>
    </section>
  )
}

/** The shell needs Tab for itself, so the way out by keyboard is a key of its own (WCAG 2.1.2, no keyboard trap). */
function leave(from: EventTarget | null): void {
  const dock = from instanceof Element ? from.closest('.dock') : null
  dock?.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus()
}

/** The keys that are the page's even while a shell has the keyboard. */
function shortcut(event: KeyboardEvent, screen: Screen | undefined, search: () => void): boolean {
  if (!event.ctrlKey || !event.shiftKey) return false
  const key = event.key.toLowerCase()
  if (key === 'f') search()
  else if (key === 'c') void copySelection(screen)
  else if (key === 'l') leave(event.target)
  else return false
  event.preventDefault()
  return true
}

async function copySelection(screen: Screen | undefined): Promise<void> {
  if (!screen) return
  if (screen.selection === '') return tell('Select something in the terminal first, then copy.')
  if (!(await copyText(screen.selection))) tell('This browser does not let the page copy. Press Ctrl-C while the text is selected.')
  screen.focus()
}

async function pasteInto(screen: Screen | undefined): Promise<void> {
  const text = await readClipboard()
  if (text === undefined) tell('Press Ctrl-V (or ⌘V) to paste: over plain http the browser does not let a page read the clipboard.')
  else screen?.paste(text)
  screen?.focus()
}

function Tabs({ terminals, active, onActivate, onOpen, onClose, canOpen }: Docked) {
  return (
    <div class="dock-tabs">
      <div role="tablist" aria-label="Terminals" class="dock-tablist">
        {terminals.map((terminal, index) => (
          <div class="dock-tab" key={terminal.id} data-active={terminal.id === active || undefined}>
            <button type="button" role="tab" aria-selected={terminal.id === active} onClick={() => onActivate(terminal.id)}>
              {terminal.title === '' ? `Terminal ${index + 1}` : terminal.title}
            </button>
            {terminals.length > 1 && (
              <button type="button" class="dock-close" aria-label={`Close ${terminal.title}`} onClick={() => onClose(terminal.id)}>
                <Icon name="close" size={14} />
              </button>
            )}
          </div>
        ))}
      </div>
      <button type="button" class="button bare" aria-label="New terminal" title="New terminal" disabled={!canOpen} onClick={onOpen}>
        <Icon name="plus" />
      </button>
    </div>
  )
}

function Tools({ screen, onSearch, disabled }: { screen: () => Screen | undefined; onSearch: () => void; disabled: boolean }) {
  return (
    <div class="dock-tools" role="toolbar" aria-label="Terminal">
      <button type="button" class="button bare" disabled={disabled} aria-label="Search" title="Search (Ctrl-Shift-F)" onClick={onSearch}>
        <Icon name="search" />
      </button>
      <button
        type="button"
        class="button bare"
        disabled={disabled}
        aria-label="Copy selection"
        title="Copy selection (Ctrl-Shift-C)"
        onClick={() => void copySelection(screen())}
      >
        <Icon name="copy" />
      </button>
      <button
        type="button"
        class="button bare"
        disabled={disabled}
        aria-label="Paste"
        title="Paste (Ctrl-V)"
        onClick={() => void pasteInto(screen())}
      >
        <Icon name="paste" />
      </button>
    </div>
  )
}
