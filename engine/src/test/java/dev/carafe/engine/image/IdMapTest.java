package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class IdMapTest {
    @Test
    void theFirstNamespaceHasAllIds() {
        IdMap map = IdMap.parse("         0          0 4294967295\n");
        assertTrue(map.isWhole());
        assertFalse(map.isSingle());
    }

    @Test
    void oneIdIsSingle() {
        IdMap map = IdMap.parse("         0       1000          1\n");
        assertTrue(map.isSingle());
        assertFalse(map.isWhole());
    }

    @Test
    void rangesAreReadByTheirIdsInside() {
        IdMap map = IdMap.parse("0 1000 1\n         1     100000      65536\n");
        assertEquals(List.of(new IdMap.Range(0, 1), new IdMap.Range(1, 65536)), map.ranges());
        assertFalse(map.isSingle());
        assertFalse(map.isWhole());
    }

    @Test
    void aNamespaceWithoutAMapHasNone() {
        assertTrue(IdMap.parse("").isSingle());
    }
}
