package dev.carafe.oci.runtime;

import java.util.List;

/** The five capability sets, each name as in capabilities(7), e.g. "CAP_CHOWN". */
public record Capabilities(
        List<String> bounding,
        List<String> effective,
        List<String> inheritable,
        List<String> permitted,
        List<String> ambient) {
    /** Copies the lists and maps; maps keep their order. */
    public Capabilities {
        bounding = List.copyOf(bounding);
        effective = List.copyOf(effective);
        inheritable = List.copyOf(inheritable);
        permitted = List.copyOf(permitted);
        ambient = List.copyOf(ambient);
    }
}
