package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Block I/O limits (config-linux.md, "Block IO").
 *
 * @param weight 10 to 1000
 * @param leafWeight 10 to 1000
 */
public record BlockIo(
        @Nullable Integer weight,
        @Nullable Integer leafWeight,
        List<WeightDevice> weightDevice,
        List<ThrottleDevice> throttleReadBpsDevice,
        List<ThrottleDevice> throttleWriteBpsDevice,
        List<ThrottleDevice> throttleReadIOPSDevice,
        List<ThrottleDevice> throttleWriteIOPSDevice) {
    /** Copies the lists and maps; maps keep their order. */
    public BlockIo {
        weightDevice = List.copyOf(weightDevice);
        throttleReadBpsDevice = List.copyOf(throttleReadBpsDevice);
        throttleWriteBpsDevice = List.copyOf(throttleWriteBpsDevice);
        throttleReadIOPSDevice = List.copyOf(throttleReadIOPSDevice);
        throttleWriteIOPSDevice = List.copyOf(throttleWriteIOPSDevice);
    }

    /** The weight of one device. */
    public record WeightDevice(
            long major, long minor, @Nullable Integer weight, @Nullable Integer leafWeight) {}

    /** The limit of one device: bytes or operations a second, unsigned. */
    public record ThrottleDevice(long major, long minor, long rate) {}

    static BlockIo read(Fields f) {
        List<WeightDevice> weights = new ArrayList<>();
        for (Fields d : f.children("weightDevice")) {
            weights.add(
                    new WeightDevice(
                            number(d, "major"),
                            number(d, "minor"),
                            weight(d, "weight"),
                            weight(d, "leafWeight")));
        }
        return new BlockIo(
                weight(f, "weight"),
                weight(f, "leafWeight"),
                weights,
                throttles(f, "throttleReadBpsDevice"),
                throttles(f, "throttleWriteBpsDevice"),
                throttles(f, "throttleReadIOPSDevice"),
                throttles(f, "throttleWriteIOPSDevice"));
    }

    private static long number(Fields f, String name) {
        return f.needInteger(name, 0, User.MAX_ID + 1);
    }

    private static @Nullable Integer weight(Fields f, String name) {
        return f.int32(name, 0, 65535);
    }

    private static List<ThrottleDevice> throttles(Fields f, String name) {
        List<ThrottleDevice> out = new ArrayList<>();
        for (Fields d : f.children(name)) {
            out.add(
                    new ThrottleDevice(
                            number(d, "major"), number(d, "minor"), d.needUnsigned("rate")));
        }
        return out;
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("weight", weight)
                .put("leafWeight", leafWeight)
                .put("weightDevice", weights(weightDevice))
                .put("throttleReadBpsDevice", throttles(throttleReadBpsDevice))
                .put("throttleWriteBpsDevice", throttles(throttleWriteBpsDevice))
                .put("throttleReadIOPSDevice", throttles(throttleReadIOPSDevice))
                .put("throttleWriteIOPSDevice", throttles(throttleWriteIOPSDevice))
                .build();
    }

    private static @Nullable Json weights(List<WeightDevice> devices) {
        List<Json> out = new ArrayList<>();
        for (WeightDevice d : devices) {
            out.add(
                    JsonObject.builder()
                            .put("major", d.major)
                            .put("minor", d.minor)
                            .put("weight", d.weight)
                            .put("leafWeight", d.leafWeight)
                            .build());
        }
        return out.isEmpty() ? null : new JsonArray(out);
    }

    private static @Nullable Json throttles(List<ThrottleDevice> devices) {
        List<Json> out = new ArrayList<>();
        for (ThrottleDevice d : devices) {
            out.add(
                    JsonObject.builder()
                            .put("major", d.major)
                            .put("minor", d.minor)
                            .putUnsigned("rate", d.rate)
                            .build());
        }
        return out.isEmpty() ? null : new JsonArray(out);
    }
}
