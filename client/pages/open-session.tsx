import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Deck } from '../../server/protocol/deck.ts'
import { SessionInfo } from '../../server/protocol/http-api.ts'
import type { Page } from '../../server/protocol/server-message.ts'
import { SessionStore } from '../classroom/session-store.ts'
import { getJson, postJson, RequestFailed, wordsOf } from '../net/api.ts'
import { MessagePage, WaitingPage } from '../ui/message-page.tsx'
import { tell } from '../ui/toasts.tsx'

export type Opening =
  | { readonly state: 'waiting' }
  | { readonly state: 'open'; readonly store: SessionStore; readonly info: SessionInfo }
  | { readonly state: 'unknown' }
  | { readonly state: 'failed'; readonly say: string }

/** Trades the secret in the address for a cookie, and takes it out of the address, where a shared screen would show it. */
export async function enterWithFragment(page: 'console' | 'stage' | 'replay'): Promise<void> {
  const secret = decodeURIComponent(location.hash.slice(1))
  // `#/…` names a slide.
  if (secret === '' || secret.startsWith('/')) return
  await postJson('/api/enter', { page, secret })
  history.replaceState(null, '', location.pathname)
}

/** Opens the live session for a page: who we are, the deck, the socket. */
export function useSession(page: Page): Opening {
  const [opening, setOpening] = useState<Opening>({ state: 'waiting' })
  useEffect(() => {
    let store: SessionStore | undefined
    let gone = false
    const fail = (error: unknown): void => {
      if (gone) return
      const unknown = error instanceof RequestFailed && (error.status === 401 || error.status === 403)
      setOpening(unknown ? { state: 'unknown' } : { state: 'failed', say: wordsOf(error) })
    }
    void open(page, () => setOpening({ state: 'unknown' }))
      .then((opened) => {
        if (opened === undefined) return setOpening({ state: 'unknown' })
        store = opened.store
        if (gone) store.close()
        else setOpening({ state: 'open', ...opened })
      })
      .catch(fail)
    return () => {
      gone = true
      store?.close()
    }
  }, [page])
  return opening
}

async function open(page: Page, onUnknown: () => void): Promise<{ store: SessionStore; info: SessionInfo } | undefined> {
  if (page !== 'attendee') await enterWithFragment(page)
  const info = await getJson('/api/session', SessionInfo)
  if (!info[page]) return undefined
  const deck = await getJson(`/api/deck?page=${page}`, Deck)
  document.title = page === 'attendee' ? info.title : `${info.title} · ${page}`
  const isKnown = async (): Promise<boolean> => (await getJson('/api/session', SessionInfo))[page]
  return { store: new SessionStore({ page, deck, tell, onUnknown, isKnown }), info }
}

/** What stands on a page until its session is open, or instead of it. */
export function openingPage(opening: Exclude<Opening, { state: 'open' }>, unknown: { title: string; say: string }): ComponentChild {
  switch (opening.state) {
    case 'waiting':
      return <WaitingPage what="Opening the workshop" />
    case 'unknown':
      return <MessagePage {...unknown} />
    case 'failed':
      return <MessagePage title="The workshop did not open" say={opening.say} action={{ label: 'Try again', href: location.href }} />
  }
}
