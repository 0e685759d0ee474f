import { Html, type PropsWithChildren } from "@elysiajs/html";
import { attr } from "./text.ts";

/** A column's head: its words, `n` where it aligns numbers, `unseen` where it holds buttons that need no words. */
export type Column = string | { title: string; is: "n" | "unseen" };

/** A column of numbers. */
export const numbers = (title: string): Column => ({ title, is: "n" });

interface TableProps {
  columns: readonly Column[];
  class?: string;
  /** What it is called: where it is wider than the window, a keyboard scrolls it. */
  label: string;
  /** The id of its body. */
  id?: string;
}

/** Rows below heads, in a box that scrolls where the window is narrower. What is in them may be strangers' words. */
export function Table({ columns, class: name, label, id, children }: PropsWithChildren<TableProps>) {
  return (
    <Scrolled label={label}>
      <table class={name}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head of={column} />
            ))}
          </tr>
        </thead>
        <tbody id={id} hx-ignore>
          {children}
        </tbody>
      </table>
    </Scrolled>
  );
}

/** A box that scrolls what is wider than the window, also by keyboard. */
export function Scrolled({ label, children }: PropsWithChildren<{ label: string }>) {
  return (
    <section class="scroll" tabindex="0" aria-label={attr(label)}>
      {children}
    </section>
  );
}

function Head({ of: column }: { of: Column }) {
  if (typeof column === "string") {
    return (
      <th scope="col" safe>
        {column}
      </th>
    );
  }
  const { title, is } = column;
  return (
    <th scope="col" class={is === "n" ? "n" : undefined}>
      <span class={is === "unseen" ? "unseen" : undefined} safe>
        {title}
      </span>
    </th>
  );
}
