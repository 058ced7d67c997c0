/** Canvas painting in components: an attachment that owns the surface and its place in the loop. */
import type { Attachment } from 'svelte/attachments';
import { onFrame } from '../base/raf.ts';
import { Surface } from '../canvas/surface.ts';

/**
 * Paints a canvas after every change of what `depends` reads, at most once an animation frame, and at
 * once after a change of size (a resized bitmap is empty). `paint` itself is not tracked.
 */
export function painted(
  paint: (surface: Surface) => void,
  depends: () => unknown,
): Attachment<HTMLCanvasElement> {
  return (canvas) => {
    const draw = (): void => {
      if (surface.isVisible) paint(surface);
    };
    const painter = onFrame(draw);
    const surface = new Surface(canvas, draw);
    $effect(() => {
      depends();
      painter.dirty();
    });
    return () => {
      painter.close();
      surface.close();
    };
  };
}
