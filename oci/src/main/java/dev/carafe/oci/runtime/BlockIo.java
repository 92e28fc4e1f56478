package dev.carafe.oci.runtime;

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
}
