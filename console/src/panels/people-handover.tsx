import type { ReactNode } from 'react'
import { CopyButton } from '../ui/copy-button.tsx'

/** A password that was just set and has to reach its owner: shown now, never again. */
export function PasswordHandover(props: { email: string; password: string }): ReactNode {
  return (
    <dl className="flex flex-col gap-3 rounded-md border border-line bg-sunken px-3 py-[10px]">
      <div>
        <dt className="text-meta text-ink-3">E-mail</dt>
        <dd className="wrap-anywhere text-ink select-all">{props.email}</dd>
      </div>
      <div className="flex flex-wrap items-end justify-between gap-2">
        <div className="min-w-0">
          <dt className="text-meta text-ink-3">Password</dt>
          <dd className="font-mono text-[13px]/[20px] break-all text-ink select-all">{props.password}</dd>
        </div>
        <CopyButton text={props.password} what="password" words="Copy password" size="small" />
      </div>
      <div className="text-meta text-ink-2">
        <dt className="sr-only relative">Note</dt>
        <dd>Hand it over now: only its hash is kept, so nobody can show it again.</dd>
      </div>
    </dl>
  )
}
