import type { ReactNode } from 'react'
import { CopyButton } from '../ui/copy-button.tsx'

/** A password that was just set and has to reach its owner: shown now, never again. */
export function PasswordHandover(props: { email: string; password: string }): ReactNode {
  return (
    <div className="flex flex-col gap-3 rounded-md border border-line bg-sunken px-3 py-[10px]">
      <dl className="flex flex-col gap-3">
        <div>
          <dt className="text-meta text-ink-3">E-mail</dt>
          <dd className="wrap-anywhere text-ink select-all">{props.email}</dd>
        </div>
        <div>
          <dt className="text-meta text-ink-3">Password</dt>
          <dd className="flex flex-wrap items-center justify-between gap-2">
            <span className="min-w-0 font-mono text-[13px]/[20px] break-all text-ink select-all">{props.password}</span>
            <CopyButton text={props.password} what="password" words="Copy password" size="small" />
          </dd>
        </div>
      </dl>
      <p className="text-meta text-ink-2">Hand it over now: only its hash is kept, so nobody can show it again.</p>
    </div>
  )
}
