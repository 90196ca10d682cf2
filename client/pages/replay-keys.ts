import { useMemo } from 'preact/hooks'
import type { Chapter } from '../replay/playback.ts'
import type { Player } from '../replay/player.ts'
import { useWalkKeys } from './walk-keys.ts'

const SEEK_MILLIS = 5000

const stay = (): void => undefined

/** Space plays and pauses; arrows move by seconds; page keys by chapters. */
export function useReplayKeys(player: Player, chapters: readonly Chapter[], others: Readonly<Record<string, () => void>>): void {
  const keys = useMemo(() => {
    const by = (millis: number) => () => player.seek(player.time.value + millis)
    const chapter = (direction: 1 | -1) => () => {
      const now = player.time.value
      const to = direction > 0 ? chapters.find(({ from }) => from > now) : chapters.findLast(({ from }) => from < now - 1500)
      if (to) player.seek(to.from)
      else if (direction < 0) player.seek(player.from)
    }
    return {
      ...others,
      ' ': () => player.toggle(),
      k: () => player.toggle(),
      ArrowLeft: by(-SEEK_MILLIS),
      ArrowRight: by(SEEK_MILLIS),
      PageUp: chapter(-1),
      PageDown: chapter(1),
      Home: () => player.seek(player.from),
      End: () => player.seek(player.to),
    }
  }, [player, chapters])
  useWalkKeys(stay, keys)
}
