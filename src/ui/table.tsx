import { Html, type PropsWithChildren } from "@elysiajs/html";

/** A column's head; `n` aligns what are numbers, `unseen` is for who does not see that a column is one of buttons. */
export type Column = string | { title: string; is: "n" | "unseen" };

/** A column of numbers. */
export const numbers = (title: string): Column => ({ title, is: "n" });

/** Rows with heads, in a box that scrolls where the window is narrower. What is in them may be strangers' words. */
export function Table(props: PropsWithChildren<{ columns: readonly Column[]; class?: string }>) {
  return (
    <div class="scroll">
      <table class={props.class}>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <Head of={column} />
            ))}
          </tr>
        </thead>
        <tbody hx-ignore>{props.children}</tbody>
      </table>
    </div>
  );
}

function Head({ of: column }: { of: Column }) {
  const { title, is } = typeof column === "string" ? { title: column, is: undefined } : column;
  return (
    <th scope="col" class={is === "n" ? "n" : undefined}>
      <span class={is === "unseen" ? "unseen" : undefined} safe>
        {title}
      </span>
    </th>
  );
}
