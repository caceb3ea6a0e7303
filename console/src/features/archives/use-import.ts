import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useApi } from '../../api/api-context.ts'
import type { Api } from '../../api/client.ts'
import { toProblem, type ApiProblem } from '../../api/problem.ts'

/** What an import came to. */
export type Imported = NonNullable<Awaited<ReturnType<Api['server']['admin']['tenants']['import']['post']>>['data']>

/** How far an import is. */
export type ImportRun =
  | { phase: 'idle' }
  | { phase: 'running'; share: number }
  | { phase: 'failed'; problem: ApiProblem }
  | { phase: 'done'; imported: Imported }

/** Sends an archive and makes a tenant of it; leaving the page stops it, and nothing of it is left then. */
export function useImport() {
  const api = useApi()
  const queryClient = useQueryClient()
  const [run, setRun] = useState<ImportRun>({ phase: 'idle' })
  const sending = useRef<AbortController>(undefined)
  useEffect(() => () => sending.current?.abort(), [])

  const start = async (wanted: { file: File; id: string }): Promise<void> => {
    const controller = new AbortController()
    sending.current = controller
    setRun({ phase: 'running', share: 0 })
    const query = wanted.id === '' ? '' : `?${new URLSearchParams({ id: wanted.id })}`
    try {
      const response = await api.upload({
        path: `/admin/tenants/import${query}`,
        file: wanted.file,
        contentType: 'application/gzip',
        onProgress: (share) => setRun({ phase: 'running', share }),
        signal: controller.signal,
      })
      // The server is of this very build: its answer is what its routes say.
      const imported: Imported = JSON.parse(await response.text())
      setRun({ phase: 'done', imported })
    } catch (thrown) {
      setRun(controller.signal.aborted ? { phase: 'idle' } : { phase: 'failed', problem: toProblem(thrown) })
    }
    void queryClient.invalidateQueries({ queryKey: ['tenants'] })
  }
  return { run, start, stop: () => sending.current?.abort() }
}
