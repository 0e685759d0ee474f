-- No table changes. Cells that are written from here on have shorter spreads (src/record/spread.ts), which an older
-- zgate would misread: now it refuses the file.
SELECT 1;
