import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useApi } from '../../api/api-context.ts'
import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { describeRefusal } from './document-words.ts'
import { documentsPath, refreshDocuments } from './knowledge.queries.ts'

/** A file on its way, or one that was not taken. */
export interface Upload {
  id: number
  name: string
  /** How much has been sent, 0 to 1. */
  share: number
  refusal: ProblemWords | undefined
}

interface WaitingFile {
  id: number
  file: File
}

const sentAtOnce = 3

/** Sends files to a tenant's documents, three at once, each by itself: one that is refused keeps no other out. */
export function useUploads(tenantId: string) {
  const api = useApi()
  const queryClient = useQueryClient()
  const [uploads, setUploads] = useState<readonly Upload[]>([])
  const waiting = useRef<WaitingFile[]>([])
  const sending = useRef(0)
  const lastId = useRef(0)
  const leaving = useRef(new AbortController())

  const change = useCallback((id: number, changes: Partial<Upload> | undefined) => {
    setUploads((before) =>
      changes === undefined
        ? before.filter((upload) => upload.id !== id)
        : before.map((upload) => (upload.id === id ? { ...upload, ...changes } : upload)),
    )
  }, [])

  const send = useCallback(
    async ({ id, file }: WaitingFile): Promise<void> => {
      const { signal } = leaving.current
      const form = new FormData()
      form.set('file', file)
      try {
        const path = documentsPath(tenantId)
        await api.upload({ path, file: form, onProgress: (share) => change(id, { share }), signal })
        change(id, undefined)
        refreshDocuments({ queryClient, tenantId })
      } catch (thrown) {
        if (signal.aborted) return
        const problem = toProblem(thrown)
        change(id, { refusal: describeRefusal(problem, describeProblem({ problem, attempt: 'other' })) })
      }
    },
    [api, change, queryClient, tenantId],
  )

  const sendWaiting = useCallback(async (): Promise<void> => {
    sending.current += 1
    for (let next = waiting.current.shift(); next; next = waiting.current.shift()) await send(next)
    sending.current -= 1
  }, [send])

  useEffect(() => {
    const controller = new AbortController()
    leaving.current = controller
    return () => controller.abort()
  }, [])

  const add = useCallback(
    (files: Iterable<File>): void => {
      const added = [...files].map((file) => ({ id: (lastId.current += 1), file }))
      waiting.current.push(...added)
      setUploads((before) => [
        ...before.filter(({ refusal }) => refusal === undefined),
        ...added.map(({ id, file }) => ({ id, name: file.name, share: 0, refusal: undefined })),
      ])
      for (let place = sending.current; place < sentAtOnce; place += 1) void sendWaiting()
    },
    [sendWaiting],
  )
  const dismiss = useCallback(() => setUploads((before) => before.filter(({ refusal }) => refusal === undefined)), [])
  return { uploads, add, dismiss }
}
