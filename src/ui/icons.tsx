import { Html } from "@elysiajs/html";

/** A gate with a z in it. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <rect class="mark-ground" width="32" height="32" rx="8" />
      <path class="mark-gate" d="M7 25V15a9 9 0 0 1 18 0v10" />
      <path class="mark-z" d="M12 15h8l-8 9h8" />
    </svg>
  );
}
