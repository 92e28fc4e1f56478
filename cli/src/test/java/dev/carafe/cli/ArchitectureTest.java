package dev.carafe.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.EvaluationResult;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules between the modules, or inside of them, that the module system does not hold by itself. */
class ArchitectureTest {
    private static final JavaClasses MODULES =
            new ClassFileImporter()
                    .importPaths(
                            List.of("linux", "oci", "runtime", "engine", "cli").stream()
                                    .map(m -> Path.of("..", m, "target", "classes"))
                                    .toList());

    @Test
    void packagesFormNoCycle() {
        check(slices().matching("dev.carafe.(**)").should().beFreeOfCycles().evaluate(MODULES));
    }

    @Test
    void onlyLinuxCallsNativeCode() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("dev.carafe.linux..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("java.lang.foreign..")
                        .evaluate(MODULES));
    }

    @Test
    void theCommandLineUsesOnlyTheEngine() {
        check(
                classes()
                        .that()
                        .resideInAPackage("dev.carafe.cli..")
                        .should()
                        .onlyDependOnClassesThat()
                        .resideInAnyPackage(
                                "java..",
                                "dev.carafe.cli..",
                                "dev.carafe.engine..",
                                // the engine's API speaks in the specifications' records
                                "dev.carafe.oci..",
                                "org.jspecify..")
                        .evaluate(MODULES));
    }

    private static void check(EvaluationResult result) {
        assertTrue(!result.hasViolation(), () -> result.getFailureReport().toString());
    }
}
