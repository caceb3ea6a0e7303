import type { OpenAnswers } from '../../answering/open-answers.ts'
import type { AnswerOwner } from '../../answering/answer-owner.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import { announceStop, findStreamCall, type StreamCall } from '../../data/stream-calls.data.ts'
import type { StoredUsage } from '../../data/tenant.schema.ts'
import { serverTimeout } from '../../platform/deadline.ts'
import { isUuid } from '../../platform/ids.ts'
import { streamNotFound } from './chat.errors.ts'

/** What stopping stands on. */
export interface StopParts {
  core: CoreDatabase
  openAnswers: OpenAnswers
}

const stoppedWithinMs = 5_000
const lookedAfterMs = 25

/**
 * Ends an answer on whichever replica it runs, and tells what was counted for it once that is stored. Repeating it
 * changes nothing and tells the same. Throws `stream.not_found` 404 unless it is the owner's, and `server.timeout` 503
 * when it did not end within 5 s, as when its replica is gone; then its lease ends it.
 */
export async function stopStream(
  parts: StopParts,
  wanted: { streamId: string; owner: AnswerOwner },
): Promise<{ stopped: boolean; usage: StoredUsage }> {
  const first = await findCall(parts, wanted)
  if (first.status !== 'reserved') return describeCall(first)
  const open = parts.openAnswers.find(wanted.streamId)
  if (open) open.stop()
  else await announceStop(parts.core.db, wanted.streamId)
  const giveUpAtMs = performance.now() + stoppedWithinMs
  while (performance.now() < giveUpAtMs) {
    await Promise.race([open?.settled ?? Bun.sleep(lookedAfterMs), Bun.sleep(lookedAfterMs)])
    const call = await findCall(parts, wanted)
    if (call.status !== 'reserved') return describeCall(call)
  }
  throw serverTimeout({ detail: 'The answer could not be stopped yet. Try again in a moment.' })
}

async function findCall(
  { core }: StopParts,
  { streamId, owner }: { streamId: string; owner: AnswerOwner },
): Promise<StreamCall> {
  const call = isUuid(streamId) ? await findStreamCall(core.db, { ...owner, streamId }) : undefined
  if (!call) throw streamNotFound({ detail: 'You have no answer with this id.' })
  return call
}

/** What neither completed nor failed by itself was stopped: by this call, an earlier one, or a reader who left. */
function describeCall({ status, usage }: StreamCall): { stopped: boolean; usage: StoredUsage } {
  return { stopped: status === 'aborted', usage }
}
