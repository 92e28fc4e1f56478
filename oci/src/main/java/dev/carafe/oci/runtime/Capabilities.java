package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
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

    static Capabilities read(Fields f) {
        return new Capabilities(
                f.strings("bounding"),
                f.strings("effective"),
                f.strings("inheritable"),
                f.strings("permitted"),
                f.strings("ambient"));
    }

    JsonObject json() {
        return JsonObject.builder()
                .putStrings("bounding", bounding)
                .putStrings("effective", effective)
                .putStrings("inheritable", inheritable)
                .putStrings("permitted", permitted)
                .putStrings("ambient", ambient)
                .build();
    }
}
