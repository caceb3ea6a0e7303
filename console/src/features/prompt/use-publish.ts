import { useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, toProblem, type ApiProblem } from '../../api/problem.ts'
import { getTenantQueryOptions } from '../../panels/tenant.queries.ts'
import { useToasts } from '../../ui/toasts.ts'
import { refreshPrompt } from './prompt.queries.ts'

/** Which versions change places: `live` is the one that was seen live, 0 for none. */
interface Swap {
  tenantId: string
  live: number
}

/**
 * Makes prompts live, each with a way back. Nothing is written over a version that was not seen: then they reject with
 * `prompt.changed`.
 */
export interface Publish {
  /** Makes a text live (null: the platform's default). `onUndone` hears which version is live when it was taken back. */
  makeLive: (wish: Swap & { prompt: string | null; onUndone: (live: number) => void }) => Promise<void>
  /** Makes an older version live again, as a new one, and says so, or why not. */
  restore: (wish: Swap & { version: number }) => Promise<void>
}

/** The changes that this page makes to the live prompt. */
export function usePublish(): Publish {
  const api = useApi()
  const queryClient = useQueryClient()
  const toasts = useToasts()

  // What was done is done, whether the page hears of it at once or not.
  const refresh = (tenantId: string): Promise<void> =>
    refreshPrompt({ api, queryClient, tenantId }).catch(() => undefined)
  const write = async (wish: Swap & { prompt: string | null }): Promise<void> => {
    const { tenantId: id, prompt, live } = wish
    const tenant = await ask(api.server.admin.tenants({ id }).patch({ system_prompt: prompt, live_version: live }))
    queryClient.setQueryData(getTenantQueryOptions(api, id).queryKey, tenant)
    await refresh(id)
  }
  const bringBack = async (wish: Swap & { version: number }): Promise<void> => {
    const { tenantId: id, version, live } = wish
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const query = { live_version: live }
    const tenant = await ask(
      api.server.admin.tenants({ id }).prompts({ version }).restore.post(undefined, { query, headers }),
    )
    queryClient.setQueryData(getTenantQueryOptions(api, id).queryKey, tenant)
    await refresh(id)
  }
  /** Puts what was live before back in place of the version that replaced it. */
  const undo = async (wish: Swap & { former: number; onUndone?: (live: number) => void }): Promise<void> => {
    const { tenantId, live, former } = wish
    try {
      if (former === 0) await write({ tenantId, prompt: null, live })
      else await bringBack({ tenantId, version: former, live })
      wish.onUndone?.(live + 1)
      toasts.done(
        former === 0
          ? 'The platform’s default answers again'
          : `Version ${former} is live again, as version ${live + 1}`,
      )
    } catch (thrown) {
      sayRefusal(thrown, { tenantId, title: `Version ${live} was not undone` })
    }
  }
  const sayRefusal = (thrown: unknown, failed: { tenantId: string; title: string }): void => {
    const problem = toProblem(thrown)
    const words = describePublishProblem(problem)
    if (isOutrun(problem)) void refresh(failed.tenantId)
    toasts.failed(failed.title, { detail: `${words.title} ${words.advice}` })
  }

  return {
    makeLive: async (wish) => {
      const { tenantId, live: former, onUndone } = wish
      await write(wish)
      const live = former + 1
      toasts.done(`Version ${live} is live`, { undo: () => void undo({ tenantId, live, former, onUndone }) })
    },
    restore: async (wish) => {
      const { tenantId, version, live: former } = wish
      try {
        await bringBack(wish)
        const live = former + 1
        toasts.done(`Version ${version} is live again, as version ${live}`, {
          undo: () => void undo({ tenantId, live, former }),
        })
      } catch (thrown) {
        sayRefusal(thrown, { tenantId, title: `Version ${version} was not restored` })
      }
    },
  }
}

/** Whether somebody else made another version live meanwhile. */
export function isOutrun(problem: ApiProblem): boolean {
  return problem.code === 'prompt.changed'
}

/** Why a prompt was not made live. */
export function describePublishProblem(problem: ApiProblem): ProblemWords {
  if (isOutrun(problem)) {
    return { title: 'Somebody made another version live meanwhile.', advice: 'Look at what changed, then try again.' }
  }
  return describeProblem({ problem, attempt: 'other' })
}
