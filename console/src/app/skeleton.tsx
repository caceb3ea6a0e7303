import type { ReactNode } from 'react'
import { Brand } from '../ui/brand.tsx'
import { Sheet } from './sheet.tsx'

/** The signed-in page's own outline, for a start that takes longer than a moment. */
export function ShellSkeleton(): ReactNode {
  return (
    <div className="flex h-dvh bg-canvas phone:flex-col">
      <header className="flex h-[54px] w-[var(--w-side)] shrink-0 items-center px-5 phone:h-[52px] phone:w-auto phone:px-4">
        <Brand />
      </header>
      <Sheet>
        <h1 className="sr-only">Loading</h1>
        <div className="flex h-[60px] items-center justify-between border-b border-line px-6">
          <Bone width={124} height={14} />
          <Bone width={92} height={28} />
        </div>
        <div className="grid grid-cols-3 border-b border-line phone:grid-cols-1">
          {[96, 148, 110].map((width) => (
            <div key={width} className="flex flex-col gap-3 px-6 py-6">
              <Bone width={52} height={9} />
              <Bone width={width} height={15} />
            </div>
          ))}
        </div>
        {[0, 1, 2].map((row) => (
          <div key={row} className="grid grid-cols-[260px_1fr] gap-10 border-b border-line px-6 py-8 phone:grid-cols-1">
            <Bone width={88} height={11} />
            <div className="flex max-w-[380px] flex-col gap-4">
              <Bone width={72} height={9} />
              <Bone width={300} height={14} />
            </div>
          </div>
        ))}
      </Sheet>
    </div>
  )
}

function Bone(props: { width: number; height: number }): ReactNode {
  return <div className="bone max-w-full" style={props} />
}
