import './ui/fonts.css'
import './ui/theme.css'
import './ui/ui.css'
import { h, render, type ComponentType } from 'preact'
import { MessagePage } from './ui/message-page.tsx'
import { applyTheme } from './ui/theme.ts'

/** Each page is its own chunk: a phone that joins does not load the console. */
const pages: Record<string, () => Promise<ComponentType>> = {
  '/join': async () => (await import('./pages/join.tsx')).JoinPage,
  '/attend': async () => (await import('./pages/attendee.tsx')).AttendeePage,
  '/stage': async () => (await import('./pages/stage.tsx')).StagePage,
  '/console': async () => (await import('./pages/console.tsx')).ConsolePage,
  '/replay': async () => (await import('./pages/replay.tsx')).ReplayPage,
}

async function start(root: Element): Promise<void> {
  applyTheme()
  const path = location.pathname.replace(/\/+$/, '') || '/join'
  document.documentElement.dataset['page'] = path.slice(1)
  const load = pages[path]
  if (!load) {
    render(
      h(MessagePage, {
        title: 'There is no such page',
        say: `Nothing lives at ${path}.`,
        action: { label: 'Go to the workshop', href: '/join' },
      }),
      root,
    )
    return
  }
  try {
    render(h(await load(), {}), root)
  } catch {
    const say = 'This page could not be loaded. The server may have been restarted with a newer version.'
    render(h(MessagePage, { title: 'The page did not load', say, action: { label: 'Reload', href: location.href } }), root)
  }
}

const root = document.querySelector('#page')
if (root) void start(root)
